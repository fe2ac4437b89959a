"""The conformance kit finds what is wrong, calls it by its name, and finds nothing where all is well."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from attrs import frozen

import broken_components as broken
from broken_orchestrators import (
    BROKEN,
    ClaimsParallelism,
    ClaimsToKill,
    LeaksItsPool,
    SleepsInPoll,
    Sound,
    WaitsInPoll,
    WaitsOnForcedClose,
)
from broken_sinks import BROKEN_SINKS, REFUSED, ROWS, SoundSink, read
from pipeline_optimization.builtin.tokenizers import ExerciseTokenizer
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.registry import Registry
from pipeline_optimization.testing import (
    CheckResult,
    check_component,
    check_fault_profile,
    check_lexicon,
    check_observer,
    check_orchestrator,
    check_retry_policy,
    check_signature,
    check_sink,
    check_tokenizer,
    drive,
    stages,
)
from pipeline_optimization.testing.checks import Check, CheckFailedError, Examination
from pipeline_optimization.testing.component_checks import check_light_import
from pipeline_optimization.types import Component, NoOptions, Orchestrator, option


def failed(results: Sequence[CheckResult]) -> dict[str, str]:
    """Return the failed checks with what they saw."""
    return {result.name: result.detail for result in results if result.status == "failed"}


def test_a_sound_orchestrator() -> None:
    """An orchestrator that keeps the contract passes every check; what does not apply is skipped, with a reason."""
    results = check_orchestrator(Sound, capabilities=Sound.capabilities)
    assert not failed(results)
    assert {result.status for result in results} == {"passed", "skipped"}
    assert all(result.detail for result in results if result.status == "skipped")


WAITING = {ClaimsParallelism, ClaimsToKill, LeaksItsPool, SleepsInPoll, WaitsInPoll, WaitsOnForcedClose}
"""Those that wait for seconds, as that is their mistake."""


@pytest.mark.parametrize(
    ("factory", "check"),
    [
        # Each takes all checks of the kit; every third is tried in every test run, and all of them in the long one.
        pytest.param(*pair, marks=[pytest.mark.slow] if number % 3 or pair[0] in WAITING else [])
        for number, pair in enumerate(BROKEN.items())
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_broken_orchestrators(factory: type[Orchestrator], check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each broken orchestrator fails the check that names its mistake, and no other one."""
    monkeypatch.setattr(drive, "PATIENCE", 1.5)
    monkeypatch.setattr(stages, "PATIENCE", 1.0)
    assert list(failed(check_orchestrator(factory, capabilities=factory.capabilities))) == [check]  # type: ignore[attr-defined]


BROKEN_COMPONENTS: list[tuple[Callable[..., list[CheckResult]], Callable[[], object], str]] = [
    (examine, factory, check)
    for examine, factories in (
        (check_tokenizer, broken.BROKEN_TOKENIZERS),
        (check_signature, broken.BROKEN_SIGNATURES),
        (partial(check_signature, relation="other"), broken.BROKEN_RELATIONS),
        (check_retry_policy, broken.BROKEN_RETRY_POLICIES),
        (check_fault_profile, broken.BROKEN_FAULT_PROFILES),
        (check_lexicon, broken.BROKEN_LEXICONS),
        (check_observer, broken.BROKEN_OBSERVERS),
    )
    for factory, check in factories.items()
]


@pytest.mark.parametrize(("factory", "check"), BROKEN_SINKS.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_broken_sinks(factory: type[SoundSink], check: str) -> None:
    """Each broken sink fails the check that names its mistake, and no other one."""
    assert list(failed(check_sink(factory, read, rows=ROWS, refused=REFUSED))) == [check]


def test_a_sound_sink() -> None:
    """A sink that keeps the contract passes all checks that apply, with rows that it refuses and without."""
    sound = check_sink(SoundSink, read, rows=ROWS, refused=REFUSED)
    assert {result.name: result.detail for result in sound if result.status != "passed"} == dict.fromkeys(
        ("is_described", "refuses_unknown_options", "is_imported_lightly"), "it is not registered as a component"
    )


@pytest.mark.parametrize(
    ("examine", "factory", "check"), BROKEN_COMPONENTS, ids=lambda value: getattr(value, "__name__", "")
)
def test_broken_components(
    examine: Callable[..., list[CheckResult]], factory: Callable[[], object], check: str
) -> None:
    """Each broken component fails the check that names its mistake, and no other one."""
    assert list(failed(examine(factory))) == [check]


def test_a_sound_observer() -> None:
    """An observer that keeps its contract passes every check."""

    class Counter:
        total = 0

        @hookimpl
        def anagram_item_finished(self) -> None:
            self.total += 1

    assert not failed(check_observer(Counter))


@frozen(kw_only=True)
class MuteOptions:
    level: int = option(1, help=" ")


def make_mute(options: MuteOptions) -> ExerciseTokenizer:
    return ExerciseTokenizer()


@pytest.mark.parametrize(
    ("component", "check"),
    [
        (Component(name="x", summary="", factory=ExerciseTokenizer, options=NoOptions), "is_described"),
        (Component(name="x", summary="mute", factory=make_mute, options=MuteOptions), "is_described"),
        (
            Component(name="x", summary="local", factory=lambda options: ExerciseTokenizer(), options=NoOptions),
            "can_be_sent_to_workers",
        ),
    ],
)
def test_broken_registrations(component: Component[Any, Any], check: str) -> None:
    """A component that is badly registered fails the check that says so, and no other one."""

    class Plugin:
        @hookimpl
        def anagram_register_tokenizers(self) -> list[Component[Any, Any]]:
            return [component]

    registry = Registry.load()
    registry.register(Plugin(), "plugin")
    assert list(failed(check_component(registry, "tokenizer", "x"))) == [check]


def test_heavy_imports_are_found() -> None:
    """A module that imports something heavy when it is imported is told; one that does not passes."""
    import multiprocessing.pool  # noqa: F401 - so that its package is known here

    with pytest.raises(CheckFailedError, match="imports multiprocessing; import them in the factory"):
        check_light_import("multiprocessing.pool")
    import anagram_plugin_numba

    check_light_import(anagram_plugin_numba.__name__)


def test_known_failures_are_strict() -> None:
    """A known failure is no failure; one that passes is; and one that is no check's name is an error."""
    (known,) = [
        result
        for result in check_lexicon(broken.Nameless, known_failures={"identity_is_stable": "it is a test"})
        if result.name == "identity_is_stable"
    ]
    assert known.status == "known"
    assert known.detail.startswith("it is a test (identity is ''")
    results = check_lexicon(broken.Words, known_failures={"identity_is_stable": "it was one"})
    assert failed(results) == {"identity_is_stable": "It passes, so take it out of known_failures (it was one)."}
    with pytest.raises(LookupError, match=r"no check 'identity'\. There are: is_described"):
        check_lexicon(broken.Words, known_failures={"identity": "misspelled"})


def test_known_failures_may_have_old_names() -> None:
    """A check that was renamed is known by its former name, too."""
    check = Check.of(fails, formerly="breaks")
    (result,) = Examination(None, [check], {"breaks": "it is a test"}).results()
    assert (result.name, result.status) == ("fails", "known")


def fails(subject: object) -> None:
    """The thing holds."""
    raise ZeroDivisionError("oops")


def holds(subject: object) -> None:
    """The thing holds, if the other one does."""


def test_new_checks_only_warn() -> None:
    """A check that is new in a minor version warns in it, and counts from the next one on."""
    new = Check.of(fails, since="0.7.0")
    assert not new.is_binding("0.7.3")
    assert new.is_binding("0.8.0")
    assert Check.of(fails, since="0.1.0").is_binding("0.1.0")


def test_results_say_what_was_seen() -> None:
    """A result has the check's name, its fact, the exception with its place; what depends on it is skipped."""
    first, second = Examination(None, [Check.of(fails), Check.of(holds, after=["fails"])]).results()
    assert (first.name, first.fact, first.status) == ("fails", "The thing holds.", "failed")
    assert first.detail.startswith("ZeroDivisionError: oops (")
    assert "test_conformance_kit.py, line " in first.detail
    assert (second.status, second.detail) == ("skipped", "after 'fails' failed")


def test_every_check_states_its_fact() -> None:
    """Each check of each kind has a fact, a name of its own, and prerequisites that exist and come before it."""
    from pipeline_optimization.testing.every_kind import CHECKS

    for checks in CHECKS.values():
        seen: list[str] = []
        for check in checks:
            assert check.fact.endswith((".", ":")), check.name
            assert check.name not in seen
            assert set(check.after) <= {one.name for one in checks}
            seen.append(check.name)


NEVER_CAUGHT = {
    # Whole runs say again, in the user's terms, what the checks of single attempts have told apart.
    "one_element",
    "empty_input",
    "repeated_elements",
    "equals_the_reference",
    "failures_are_survived",
    "failures_for_good",
    "events",
    # It takes worker processes to break these: see the tests of multiprocess.
    "a_death_is_told",
    "workers_ignore_ctrl_c",
    # The core refuses unknown options for every component.
    "refuses_unknown_options",
    # An observer's changes are in the core's own hands: it gets frozen events.
    "changes_nothing",
}


def test_every_check_catches_somebody() -> None:
    """There is a broken component for every check, but for those that are listed with a reason."""
    from pipeline_optimization.testing.every_kind import CHECKS

    caught = {*BROKEN.values(), *BROKEN_SINKS.values(), *(check for _, _, check in BROKEN_COMPONENTS)}
    caught |= {"is_described", "can_be_sent_to_workers", "is_imported_lightly"}
    # Those of pipelines are in tests/testing/test_pipeline_contract.py.
    others = (checks for kind, checks in CHECKS.items() if kind != "pipeline")
    assert {check.name for checks in others for check in checks} - caught == NEVER_CAUGHT
