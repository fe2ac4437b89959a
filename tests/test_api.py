"""The library's front doors: ``count_anagrams``, ``TaskOrchestrator``, and the tasks themselves."""

from __future__ import annotations

import io
import math
import pickle
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import pipeline_optimization
from pipeline_optimization import Registry, count_anagrams, errors
from pipeline_optimization.builtin.sequential import SequentialOrchestrator
from pipeline_optimization.counting.kernel import ExerciseKernel
from pipeline_optimization.counting.totals import Totals
from pipeline_optimization.engine.faults import FaultPlan, TaskFaults, fault_key
from pipeline_optimization.engine.virtual import VirtualOrchestrator
from pipeline_optimization.errors import IncompleteRunError, InjectedFault, InputError, OptionError, UsageError
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.orchestrator import TaskOrchestrator
from pipeline_optimization.sources import TextSource
from pipeline_optimization.tasks.filter_input_task import filter_input
from pipeline_optimization.tasks.find_anagrams_task import find_anagrams
from pipeline_optimization.tasks.get_words_task import get_words
from pipeline_optimization.tasks.permutations_task import permutations
from pipeline_optimization.tasks.task_decorator import task
from pipeline_optimization.tasks.timer_decorator import timer
from pipeline_optimization.types import (
    ChunkCounts,
    Component,
    ComponentOf,
    GroupIndex,
    KernelOffer,
    NoOptions,
    OpenContext,
    Orchestrator,
)

CAT = {"act": 1, "cat": 1, "tac": 1}


def test_kinds_of_sources(tmp_path: Path, registry: Registry) -> None:
    """A string is text; paths, open files, lists of paths and sources are read."""
    path = tmp_path / "cat.txt"
    path.write_text("cat")
    assert count_anagrams("cat", registry=registry).anagram_counts == CAT
    assert count_anagrams(path, registry=registry).anagram_counts == CAT
    assert count_anagrams(io.BytesIO(b"cat"), registry=registry).anagram_counts == CAT
    assert count_anagrams([path, path], registry=registry).anagram_counts["cat"] == 2
    with path.open("rb") as file:
        assert count_anagrams(file, registry=registry).anagram_counts == CAT


@pytest.mark.parametrize("wrong", [None, 3, b"cat", {"a": 1}])
def test_what_is_no_source(wrong: object, registry: Registry) -> None:
    """Anything else is refused with what may be given."""
    with pytest.raises(
        InputError, match=r"An input cannot be of the type \w+\. Give a string of text, a pathlib\.Path"
    ):
        count_anagrams(wrong, registry=registry)  # type: ignore[arg-type]


def test_a_string_that_names_a_file(tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a text, as every string, with a warning that says how to count the file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cat").write_text("dog")
    with pytest.warns(UserWarning, match=r"'cat' is counted itself.* count_anagrams\(pathlib\.Path\('cat'\)\)") as told:
        assert count_anagrams("cat", registry=registry).anagram_counts == CAT
    assert told[0].filename == __file__
    assert count_anagrams(TextSource("cat"), registry=registry).anagram_counts == CAT
    assert TaskOrchestrator().process_text("cat")["anagram_counts"] == CAT


def test_the_path_of_a_directory(tmp_path: Path, registry: Registry) -> None:
    """It stands for the text files below it, as on the command line: no hidden one, no binary one, not the run's checkpoint."""
    (tmp_path / "deep").mkdir()
    for name, content in {
        "a.txt": b"cat",
        "deep/b.txt": b"cat",
        ".hidden": b"cat",
        "c.bin": bytes(range(256)) * 10,
    }.items():
        (tmp_path / name).write_bytes(content)
    for source in (tmp_path, [tmp_path], [tmp_path / "a.txt", tmp_path / "deep"]):
        assert count_anagrams(source, registry=registry).anagram_counts == dict.fromkeys(("act", "cat", "tac"), 2)
    checkpoint = tmp_path / "run.checkpoint"
    for _ in range(2):
        report = count_anagrams(tmp_path, checkpoint=checkpoint, resume=True, registry=registry)
        assert report.words == 2
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="has no text file"):
        count_anagrams(tmp_path / "empty", registry=registry)


def test_strings_in_a_list(tmp_path: Path, registry: Registry) -> None:
    """They are refused, whether there are such files or not: a list has paths."""
    name = str(tmp_path / "notes.txt")
    Path(name).write_text("cat")
    for strings in ([name], ["cat", "dog"], [Path(name), name]):
        with pytest.raises(InputError, match=r"make each a pathlib\.Path; for texts join them"):
            count_anagrams(strings, registry=registry)  # type: ignore[arg-type]  # what is tested


def test_the_seed_repeats_a_run(registry: Registry) -> None:
    """A report's seed gives the same run again; runs without one differ."""
    first = count_anagrams("cat dog", faults="exercise", orchestrator=VirtualOrchestrator(), registry=registry)
    again = count_anagrams(
        "cat dog", faults="exercise", orchestrator=VirtualOrchestrator(), registry=registry, seed=first.seed
    )
    assert (again.ledger_digest, again.runtime) == (first.ledger_digest, first.runtime)
    seeds = {count_anagrams("", registry=registry).seed for _ in range(5)}
    assert len(seeds) == 5


def run_time(registry: Registry, **options: Any) -> float:
    """Return how long a run takes in virtual time, in milliseconds."""
    orchestrator = VirtualOrchestrator()
    return count_anagrams("cat", orchestrator=orchestrator, registry=registry, seed=4, **options).runtime


def test_retry_delays_are_on_the_simulations_scale(registry: Registry) -> None:
    """Half the latency scale halves a simulated run, whatever part of it is waiting for retries, and so does the floor."""
    long: dict[str, Any] = {"faults": "heavy", "retry": "fixed", "retry_options": {"delay": 40.0}}
    whole, half = (run_time(registry, latency_scale=scale, **long) for scale in (1.0, 0.5))
    assert whole > 40_000  # at least one retry
    assert half == pytest.approx(whole / 2)
    assert run_time(registry, latency_scale=0.0, **long) == 0.0
    unlimited = VirtualOrchestrator(None)
    report = count_anagrams("cat", orchestrator=unlimited, registry=registry, seed=4, latency_scale=0.5, **long)
    assert report.floor == pytest.approx(half)


class SlowToBuild:
    """Its orchestrator takes a while to be built, as one that looks for another one does."""

    @hookimpl
    def anagram_register_orchestrators(self) -> Sequence[ComponentOf[Orchestrator]]:
        def build(options: NoOptions) -> Orchestrator:
            time.sleep(0.1)
            return SequentialOrchestrator()

        return [Component(name="slow_to_build", summary="s", factory=build, options=NoOptions)]


def test_the_run_time_is_what_the_caller_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has what comes before the first attempt, and after the last one: an orchestrator is built, words are looked up."""

    def count_slowly(totals: Totals, index: GroupIndex) -> dict[str, int]:
        time.sleep(0.1)
        return counts(totals, index)

    counts = Totals.anagram_counts
    monkeypatch.setattr(Totals, "anagram_counts", count_slowly)
    registry = Registry.load()
    registry.register(SlowToBuild(), "slow_to_build")
    count_anagrams("cat", registry=registry)  # which opens the index
    assert count_anagrams("cat", orchestrator="slow_to_build", registry=registry).runtime > 200.0


class FailsTwice(ExerciseKernel):
    """A kernel with bad luck at its first two chunks."""

    chunks = 0

    def count(self, data: bytes) -> ChunkCounts:
        self.chunks += 1
        if self.chunks < 3:
            raise OSError("no such luck")
        return super().count(data)


class Unlucky:
    @hookimpl
    def anagram_counting_kernel(self) -> KernelOffer:
        return KernelOffer(name="unlucky", summary="s", factory=FailsTwice)


@pytest.mark.parametrize("faults", ["none", "latency"])
def test_delays_of_a_real_run_are_real(faults: str) -> None:
    """Where nothing is simulated, the latency scale does not touch the delays before retries."""
    registry = Registry.load()
    registry.register(Unlucky(), "unlucky")
    fixed: dict[str, Any] = {"retry": "fixed", "retry_options": {"delay": 40.0}}
    assert run_time(registry, kernel="unlucky", latency_scale=0.0, faults=faults, **fixed) == 80_000.0


def test_the_startup_is_told(registry: Registry) -> None:
    """It is the part of the run time until the orchestrator is open."""

    class Slow(VirtualOrchestrator):
        def open(self, context: OpenContext) -> None:
            self.clock.sleep(2.5)
            super().open(context)

    report = count_anagrams("cat", faults="latency", orchestrator=Slow(), registry=registry)
    assert report.startup == report.to_dict()["startup"] == 2500.0
    assert report.runtime > 2500.0


@pytest.mark.parametrize(
    "options",
    [{"latency_scale": -1.0}, {"latency_scale": math.inf}, {"chunk_size": 0}, {"faults": "x"}, {"retry": "x"}],
)
def test_wrong_options(options: dict[str, object], registry: Registry) -> None:
    """Wrong options are usage errors, which are ValueErrors."""
    with pytest.raises(UsageError) as caught:
        count_anagrams("cat", registry=registry, **options)  # type: ignore[arg-type]
    assert isinstance(caught.value, ValueError)


def test_options_need_a_name(registry: Registry) -> None:
    """Options for an orchestrator that is built already would be ignored, so they are refused."""
    with pytest.raises(OptionError, match="go with an orchestrator's name"):
        count_anagrams(
            "cat", orchestrator=VirtualOrchestrator(), orchestrator_options={"workers": 2}, registry=registry
        )


def test_public_names() -> None:
    """``__all__`` tells the truth, and unknown names raise as usual."""
    assert all(hasattr(pipeline_optimization, name) for name in pipeline_optimization.__all__)
    assert all(hasattr(errors, name) for name in errors.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        pipeline_optimization.nonsense  # noqa: B018 - the access is the test


def test_process_text() -> None:
    """``process_text`` returns run time and counts, empty ones for empty text, and one object serves many texts."""
    orchestrator = TaskOrchestrator()
    result = orchestrator.process_text("cat")
    assert set(result) == {"runtime", "anagram_counts"}
    assert result["anagram_counts"] == CAT
    assert result["runtime"] > 0
    assert orchestrator.process_text("")["anagram_counts"] == {}
    with pytest.raises(ValueError, match="counts a string, not int"):
        orchestrator.process_text(3)  # type: ignore[arg-type]


def test_process_text_never_pretends() -> None:
    """An incomplete run raises, with the report, instead of returning too low counts."""
    orchestrator = TaskOrchestrator(faults="exercise", retry="none", latency_scale=0.0, seed=7)
    with pytest.raises(IncompleteRunError, match="failed for good") as caught:
        orchestrator.process_text("cat dog god act stop pots listen silent tea eat ate")
    assert isinstance(caught.value.report, pipeline_optimization.RunReport)
    assert sum(caught.value.report.failures.values()) == 1
    assert str(caught.value).startswith("Some items failed for good: 1 item of ")


def test_process_text_takes_its_faults_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """``ANAGRAM_FAULTS`` sets the profile where the caller names none."""
    monkeypatch.setenv("ANAGRAM_FAULTS", "nonsense")
    with pytest.raises(UsageError, match=r"ANAGRAM_FAULTS must be one of .* not 'nonsense'"):
        TaskOrchestrator().process_text("cat")


@pytest.fixture
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch the tasks' faults off."""
    monkeypatch.setenv("ANAGRAM_FAULTS", "none")


@pytest.mark.usefixtures("calm")
def test_tasks_are_plain_functions() -> None:
    """The tasks do what their names say."""
    assert filter_input("I'll be-have!") == "Ill be have"
    assert get_words("Ill be  have") == ["Ill", "be", "have"]
    assert find_anagrams("Cat") == ["act", "cat", "tac"]
    assert find_anagrams("xyzzy") == []
    assert permutations("aab") == ["aab", "aba", "baa"]


def test_the_exercise_profile_is_as_stated() -> None:
    """Failure rates and times of the tasks are those of the exercise."""
    stated = {spec.name: (spec.faults.failure_rate, spec.faults.sleep_time) for spec in SPECS}
    assert stated == {
        "filter_input": (0.20, 1.0),
        "get_words": (0.25, 1.0),
        "find_anagrams": (0.10, 0.25),
        "permutations": (0.01, 0.1),
    }


SPECS = [t.spec for t in (filter_input, get_words, find_anagrams, permutations)]


def test_direct_calls_meet_the_engines_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    """The n-th direct call with an argument draws what the engine draws for the item's n-th attempt."""
    monkeypatch.setenv("ANAGRAM_SEED", "5")
    monkeypatch.setenv("ANAGRAM_LATENCY_SCALE", "0")
    monkeypatch.setenv("ANAGRAM_CASE", "small")
    monkeypatch.delenv("ANAGRAM_FAULTS", raising=False)

    @task(failure_rate=0.5, sleep_time=1.0)
    def spell(word: str) -> str:
        return word.upper()

    plan = FaultPlan(tasks={"spell": TaskFaults(0.5, 1.0)}, seed=5, case="small")
    for number in range(1, 20):
        if plan.draw("spell", fault_key("cat"), number).fails:
            with pytest.raises(InjectedFault, match="spell failed"):
                spell("cat")
        else:
            assert spell("cat") == "CAT"
    assert spell.plain("cat") == "CAT"


@pytest.mark.parametrize(
    ("variable", "value"),
    [("ANAGRAM_FAULTS", "x"), ("ANAGRAM_LATENCY_SCALE", "-1"), ("ANAGRAM_LATENCY_SCALE", "x"), ("ANAGRAM_SEED", "x")],
)
def test_wrong_environment(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    """A wrong environment variable is named."""
    monkeypatch.setenv("ANAGRAM_LATENCY_SCALE", "0")
    monkeypatch.setenv(variable, value)
    with pytest.raises(OptionError, match=variable):
        filter_input("cat")


def test_tasks_can_be_pickled() -> None:
    """Contenders may send the tasks to worker processes."""
    assert pickle.loads(pickle.dumps(find_anagrams)) is find_anagrams


def test_timer() -> None:
    """A timed function hands its result on and remembers its run time, also when it raises."""

    @timer
    def divide(a: int, b: int) -> float:
        return a / b

    assert divide.runtime == 0.0
    assert divide(4, b=2) == 2.0
    assert divide.runtime > 0
    divide.runtime = 0.0
    with pytest.raises(ZeroDivisionError):
        divide(1, 0)
    assert divide.runtime > 0


def test_options_of_every_kind() -> None:
    """Each kind of component can be given options, and unknown ones are refused by name."""
    for kind in ("orchestrator", "tokenizer", "signature", "retry", "lexicon"):
        with pytest.raises(OptionError, match="'speed'"):
            count_anagrams("cat", **{f"{kind}_options": {"speed": 1}})  # type: ignore[arg-type]
