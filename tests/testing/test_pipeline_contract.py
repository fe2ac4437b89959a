"""The contract of pipelines finds what is wrong, calls it by its name, and finds nothing where all is well."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from attrs import frozen

import pipeline_functions as f
from broken_pipelines import BROKEN_PIPELINES
from pipeline_optimization import Pipeline, Registry
from pipeline_optimization.errors import OptionError
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.pipeline.model.steps import CompletePipeline
from pipeline_optimization.sources import TextSource
from pipeline_optimization.testing import CheckFailedError, PipelineContract, check_component, check_pipeline
from pipeline_optimization.testing.pipeline_checks import PIPELINE_CHECKS
from pipeline_optimization.testing.pipelines import SQUARES, TEXT
from pipeline_optimization.types import Component, ComponentOf, RunnablePipeline, option
from similar_cases import some

FEW = ("sequential", "threaded")


class TestSquares(PipelineContract):
    """A pipeline whose functions fail and wait, on every orchestrator of this machine."""

    pipeline = SQUARES
    inputs = TextSource(TEXT)


SOUND: dict[str, tuple[CompletePipeline[Any, Any], Any]] = {
    "with bad elements": (
        f.WORDS.map(f.picky).map(f.far).filter(f.is_long).top(3, len),
        TextSource("a xenon\n\nxylo mattress, kitten\nfour more words"),
    ),
    "over values": (Pipeline("p").values(int).map(f.half).sum(), list(range(50))),
    "of chunks": (Pipeline("p").chunks().flat_map(f.words).count(), TextSource("some words and some more " * 20)),
}


@pytest.mark.parametrize("name", SOUND)
def test_sound_pipelines(name: str) -> None:
    """Nothing is found; what does not apply is skipped, with a reason."""
    results = check_pipeline(*SOUND[name], orchestrators=FEW)
    assert {result.name: result.detail for result in results if result.status == "failed"} == {}
    skipped = [result for result in results if result.status == "skipped"]
    assert [result.name for result in skipped] == (["survives_a_stop"] if name == "over values" else [])


@pytest.mark.parametrize("name", some(BROKEN_PIPELINES, every=3))
def test_broken_pipelines(name: str) -> None:
    """Each fails the check that names its mistake, and no other one; the message says what was seen."""
    pipeline, inputs, check, words = BROKEN_PIPELINES[name]
    failed = [result for result in check_pipeline(pipeline, inputs, orchestrators=FEW) if result.status == "failed"]
    assert [result.name for result in failed] == [check]
    assert words in failed[0].detail


def test_every_check_catches_somebody() -> None:
    """There is a broken pipeline for each check."""
    assert {check for _, _, check, _ in BROKEN_PIPELINES.values()} == {check.name for check in PIPELINE_CHECKS}


def test_functions_of_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without cloudpickle a lambda is refused, and the message says what to do."""
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    pipeline = Pipeline("p").values(int).map(lambda value: value).sum()
    (result,) = [
        one for one in check_pipeline(pipeline, [1, 2], orchestrators=FEW) if one.name == "functions_reach_workers"
    ]
    assert result.status == "failed"
    assert "top level of a module, or install cloudpickle, which can send them: pip install" in result.detail


def test_an_input_for_one_run_is_refused() -> None:
    """The checks run a pipeline many times."""
    with pytest.raises(OptionError, match="only once"):
        check_pipeline(Pipeline("p").values(int).sum(), iter([1, 2]))


def test_a_contract_needs_a_pipeline_and_an_input() -> None:
    """One that does not say what to test says so."""

    class Empty(PipelineContract):
        pass

    class Hungry(PipelineContract):
        pipeline = SQUARES

    with pytest.raises(NotImplementedError, match="Empty must say what to test: pipeline ="):
        Empty().test_contract("has_elements")
    with pytest.raises(CheckFailedError, match="Hungry must say what to run over: inputs ="):
        Hungry().test_contract("has_elements")


@frozen(kw_only=True)
class SquaresOptions:
    least: int = option(1, help="the least number")


def make_squares(options: SquaresOptions) -> CompletePipeline[Any, Any]:
    return SQUARES


def test_a_registered_pipeline(anagram_registry: Registry, register_plugin: Callable[[object, str], None]) -> None:
    """It is told by its name; what takes an input is skipped where nobody gives one."""

    class Plugin:
        @hookimpl
        def anagram_register_pipelines(self) -> Sequence[ComponentOf[RunnablePipeline]]:
            return [Component(name="squares", summary="squares", factory=make_squares, options=SquaresOptions)]

    register_plugin(Plugin(), "squares")
    outcomes = {one.name: (one.status, one.detail) for one in check_component(anagram_registry, "pipeline", "squares")}
    assert {name for name, (status, _) in outcomes.items() if status == "passed"} == {
        "is_described",
        "refuses_unknown_options",
        "can_be_sent_to_workers",
        "functions_reach_workers",
    }
    assert outcomes["has_elements"] == (
        "skipped",
        "it takes an input, which PipelineContract has: see 'Test a pipeline'",
    )
    assert {status for status, _ in outcomes.values()} == {"passed", "skipped"}


def test_inputs_may_be_made_anew() -> None:
    """An input that can be read once is made for each run."""

    class Once(PipelineContract):
        pipeline = Pipeline("p").values(int).sum()
        orchestrators = FEW

        def make_inputs(self) -> object:
            return iter(range(10))

    Once().test_contract("failures_change_nothing")


def test_a_failure_names_the_fact() -> None:
    """The class says what holds, and what was seen."""

    class Averages(PipelineContract):
        pipeline, inputs, *_ = BROKEN_PIPELINES["averages"]
        orchestrators = FEW

    with pytest.raises(CheckFailedError, match=r"``merge`` of three totals is the same.*from the left"):
        Averages().test_contract("merge_is_associative")
