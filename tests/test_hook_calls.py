"""Every hook is called with what its docstring promises, in the parent process."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from generated_pipelines import deadly
from pipeline_optimization import Pipeline, Registry, count_anagrams, run
from pipeline_optimization.builtin.lexicons import FileLexicon, FileLexiconOptions
from pipeline_optimization.builtin.retry_policies import FixedOptions, FixedPolicy
from pipeline_optimization.builtin.sequential import SequentialOrchestrator
from pipeline_optimization.builtin.signatures import make_letters
from pipeline_optimization.builtin.tokenizers import ExerciseTokenizer
from pipeline_optimization.counting.kernel import ExerciseKernel
from pipeline_optimization.errors import OptionError, UnknownComponentError
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.pipeline import run_checkpoint
from pipeline_optimization.pipeline.model.finding import find_pipeline
from pipeline_optimization.types import (
    AttemptEnded,
    CheckpointSaved,
    Component,
    ComponentOf,
    ItemFinished,
    KernelOffer,
    Lexicon,
    NoOptions,
    Orchestrator,
    RetryPolicy,
    RunFinished,
    RunnablePipeline,
    RunStarted,
    Signature,
    TaskFailed,
    TaskRetried,
    Tokenizer,
    WorkerLost,
    WorkerSeen,
)


def make_sum(options: FixedOptions) -> RunnablePipeline:
    return Pipeline(f"of-{options.attempts}").values(int).sum()


class Everything:
    """Implements every hook, and keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[object] = []
        self.pids: set[int] = set()
        self.asked: list[tuple[str, str, str]] = []
        self.wants_events = True

    def _keep(self, event: object) -> None:
        self.events.append(event)
        self.pids.add(os.getpid())

    @hookimpl
    def anagram_register_orchestrators(self) -> Sequence[ComponentOf[Orchestrator]]:
        return [Component(name="my-orchestrator", summary="s", factory=SequentialOrchestrator, options=NoOptions)]

    @hookimpl
    def anagram_register_tokenizers(self) -> Sequence[ComponentOf[Tokenizer]]:
        return [Component(name="my-tokenizer", summary="s", factory=ExerciseTokenizer, options=NoOptions)]

    @hookimpl
    def anagram_register_signatures(self) -> Sequence[ComponentOf[Signature]]:
        return [Component(name="my-signature", summary="s", factory=make_letters, options=NoOptions)]

    @hookimpl
    def anagram_register_retry_policies(self) -> Sequence[ComponentOf[RetryPolicy]]:
        return [Component(name="my-policy", summary="s", factory=FixedPolicy, options=FixedOptions)]

    @hookimpl
    def anagram_register_lexicons(self) -> Sequence[ComponentOf[Lexicon]]:
        return [Component(name="my-lexicon", summary="s", factory=FileLexicon, options=FileLexiconOptions)]

    @hookimpl
    def anagram_register_pipelines(self) -> Sequence[ComponentOf[RunnablePipeline]]:
        return [Component(name="my-pipeline", summary="s", factory=make_sum, options=FixedOptions)]

    @hookimpl
    def anagram_counting_kernel(self, tokenizer: str, signature: str, lexicon: str) -> KernelOffer | None:
        self.asked.append((tokenizer, signature, lexicon))
        return KernelOffer(name="my-kernel", summary="s", factory=ExerciseKernel)

    @hookimpl
    def anagram_wants_events(self) -> bool:
        return self.wants_events

    @hookimpl
    def anagram_run_started(self, event: RunStarted) -> None:
        self._keep(event)

    @hookimpl
    def anagram_worker_seen(self, event: WorkerSeen) -> None:
        self._keep(event)

    @hookimpl
    def anagram_worker_lost(self, event: WorkerLost) -> None:
        self._keep(event)

    @hookimpl
    def anagram_attempt_ended(self, event: AttemptEnded) -> None:
        self._keep(event)

    @hookimpl
    def anagram_task_failed(self, event: TaskFailed) -> None:
        self._keep(event)

    @hookimpl
    def anagram_task_retried(self, event: TaskRetried) -> None:
        self._keep(event)

    @hookimpl
    def anagram_item_finished(self, event: ItemFinished) -> None:
        self._keep(event)

    @hookimpl
    def anagram_checkpoint_saved(self, event: CheckpointSaved) -> None:
        self._keep(event)

    @hookimpl
    def anagram_run_finished(self, event: RunFinished) -> None:
        self._keep(event)


@pytest.fixture
def everything(anagram_registry: Registry) -> Everything:
    plugin = Everything()
    anagram_registry.register(plugin, "everything")
    return plugin


def test_registered_components_are_used(everything: Everything, anagram_registry: Registry, tmp_path: Path) -> None:
    """A component of every kind can be registered and chosen, and the kernel is asked with their names."""
    words = tmp_path / "words.txt"
    words.write_text("cat\nact\n")
    report = count_anagrams(
        "cat",
        orchestrator="my-orchestrator",
        tokenizer="my-tokenizer",
        signature="my-signature",
        retry="my-policy",
        retry_options={"attempts": 2},
        lexicon=f"my-lexicon:{words}",
        registry=anagram_registry,
    )
    assert report.anagram_counts == {"act": 1, "cat": 1}
    assert report.kernel == "my-kernel"
    assert everything.asked == [("my-tokenizer", "my-signature", "my-lexicon")]


def test_a_registered_pipeline_is_found(everything: Everything, anagram_registry: Registry) -> None:
    """By its name, with its options; another name is answered with those that there are."""
    found = find_pipeline("my-pipeline", {"attempts": "3"}, anagram_registry)
    assert (found.reference, found.options["attempts"], found.pipeline.name) == ("my-pipeline", 3, "of-3")
    assert run(found.pipeline, range(4), registry=anagram_registry).result == 6
    assert anagram_registry.pipeline("my-pipeline").build().name.startswith("of-")
    with pytest.raises(UnknownComponentError, match=r"Did you mean 'my-pipeline'\? Installed: anagrams, .*my-pipeline"):
        find_pipeline("my-pipelin", registry=anagram_registry)
    with pytest.raises(OptionError, match="The pipeline 'my-pipeline' has no option 'least'"):
        find_pipeline("my-pipeline", {"least": 3}, anagram_registry)


def test_observers_are_told(everything: Everything, anagram_registry: Registry, tmp_path: Path) -> None:
    """Each observer hook is called, as often as the report counts, with the facts of its event, by the parent."""
    path = tmp_path / "run.checkpoint"
    report = count_anagrams(
        "cat dog post " * 5,
        orchestrator="multiprocess",
        orchestrator_options={"workers": 2},
        faults="heavy",
        latency_scale=0.0,
        retry="fixed",
        retry_options={"attempts": 30, "delay": 0.0},
        seed=5,
        chunk_size=20,
        checkpoint=path,
        registry=anagram_registry,
    )
    events = everything.events
    numbers = Counter(type(event) for event in events)
    assert numbers[RunStarted] == numbers[RunFinished] == 1
    assert numbers[TaskFailed] == numbers[TaskRetried] == report.retries > 0
    assert numbers[ItemFinished] == sum(stats.items for stats in report.tasks.values())
    assert numbers[AttemptEnded] == report.attempts + report.lost
    assert numbers[WorkerSeen] >= 1
    assert numbers[CheckpointSaved] >= 1
    first, last = events[0], events[-1]
    assert isinstance(first, RunStarted)
    assert (first.orchestrator, first.slots, first.seed) == ("multiprocess", 2, 5)
    assert isinstance(last, RunFinished)
    assert last.is_complete
    saved = [event for event in events if isinstance(event, CheckpointSaved)]
    assert saved[-1].path == str(path)
    assert saved[-1].items == numbers[ItemFinished]
    retried = next(event for event in events if isinstance(event, TaskRetried))
    failed = next(event for event in events if isinstance(event, TaskFailed))
    assert (retried.item, retried.attempt, retried.delay) == (failed.item, failed.attempt + 1, 0.0)
    assert everything.pids == {os.getpid()}


def test_an_observer_that_wants_no_events_is_told_none(everything: Everything, anagram_registry: Registry) -> None:
    """It is asked before each run, and where nobody wants events, none are made."""
    everything.wants_events = False
    assert not anagram_registry.has_observers
    count_anagrams("cat dog", registry=anagram_registry)
    assert not everything.events
    everything.wants_events = True
    count_anagrams("cat dog", registry=anagram_registry)
    assert everything.events


class Attempts:
    """Observes attempts only."""

    def __init__(self) -> None:
        self.events: list[AttemptEnded] = []

    @hookimpl
    def anagram_attempt_ended(self, event: AttemptEnded) -> None:
        self.events.append(event)


@pytest.mark.parametrize("orchestrator", ["sequential", "threaded", "asyncio", "multiprocess"])
def test_an_attempt_is_told_with_its_life(orchestrator: str, anagram_registry: Registry) -> None:
    """When it was handed out, began, ended and came back, in that order, whoever measured; its slot is nobody else's at the time."""
    plugin = Attempts()
    anagram_registry.register(plugin, "attempts")
    report = count_anagrams(
        "cat dog post " * 5,
        orchestrator=orchestrator,
        faults="exercise",
        latency_scale=0.001,
        seed=1,
        chunk_size=20,
        registry=anagram_registry,
    )
    assert len(plugin.events) == report.attempts
    free: Counter[int] = Counter()
    for one in sorted(plugin.events, key=lambda one: (one.ended_ns, one.began_ns)):
        assert one.handed_out_ns is not None
        assert one.began_ns is not None
        assert one.ended_ns is not None
        assert one.handed_out_ns <= one.began_ns <= one.ended_ns <= one.came_back_ns
        assert one.ended_ns - one.began_ns >= one.latency_ns
        assert one.slot >= 1
        assert free[one.slot] <= one.began_ns
        free[one.slot] = one.ended_ns
    assert {one.outcome for one in plugin.events} == {"ok", "error"}
    assert sum(one.bytes_out > 0 for one in plugin.events) > 0


def test_a_dead_worker_is_told(anagram_registry: Registry) -> None:
    """With its name, and the attempt that it took along is lost."""
    everything = Everything()
    anagram_registry.register(everything, "everything")
    pipeline = Pipeline("deadly").values(str).map(deadly).count()
    report = run(pipeline, ["a", "d"], orchestrator="multiprocess", registry=anagram_registry)
    lost = [event for event in everything.events if isinstance(event, WorkerLost)]
    attempts = [event for event in everything.events if isinstance(event, AttemptEnded) and event.outcome == "lost"]
    assert len(lost) == len(attempts) == report.lost >= 3
    assert {event.worker for event in lost} == {event.worker for event in attempts}


def test_the_last_commit_comes_before_the_end(
    everything: Everything, anagram_registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run has finished when all of it is kept, also where its last items waited to be committed together."""
    monkeypatch.setattr(run_checkpoint, "SHARE", 0.0)  # after the first commit, all wait for the last
    count_anagrams("cat dog post " * 5, chunk_size=20, checkpoint=tmp_path / "c", registry=anagram_registry)
    saved = [event.items for event in everything.events if isinstance(event, CheckpointSaved)]
    assert len(saved) == 2
    assert isinstance(everything.events[-1], RunFinished)
