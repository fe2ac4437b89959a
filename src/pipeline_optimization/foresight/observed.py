"""The model of the work of a run that was recorded, made of its events in one pass and in bounded memory."""

from __future__ import annotations

import math
import platform
from collections import Counter
from collections.abc import Mapping, Sequence

from attrs import define, evolve, field, frozen

from pipeline_optimization.engine.quota_records import quotas_in
from pipeline_optimization.errors import InputError, UsageError
from pipeline_optimization.foresight.attempt_times import AttemptTimes, FirstAttempts, times_of
from pipeline_optimization.foresight.candidates import known_places
from pipeline_optimization.foresight.chain import chain
from pipeline_optimization.foresight.costs import Place
from pipeline_optimization.foresight.progress import VALUES, Progress
from pipeline_optimization.foresight.samples import Samples, StepSamples
from pipeline_optimization.foresight.unequal import Spread
from pipeline_optimization.foresight.work import NOTHING, FollowUp, TaskWork, WorkModel
from pipeline_optimization.observing.reading import EventReader
from pipeline_optimization.pipeline.model.parts import TOGETHER
from pipeline_optimization.pipeline.model.time_slice import quantum_for
from pipeline_optimization.processors import processors
from pipeline_optimization.registry import Registry
from pipeline_optimization.tasks.retry_settings import RetrySettings
from pipeline_optimization.types import Capabilities, RetryPolicy
from pipeline_optimization.types.events import AttemptEnded, RunEvent, RunFinished, RunStarted

__all__ = ["Observation", "observed"]

CROWDED = 0.7
"""The share of the processors that is busy on average from which on attempts that run side by side stand in each other's way."""


@frozen(kw_only=True)
class Observation:
    """What a recorded run shows: its ``work``, how it was run, the ``seconds`` that it took, the bytes that it read, and what a user must know of it."""

    work: WorkModel
    orchestrator: str
    workers: int
    retry: str
    seconds: float
    bytes_read: int = 0
    notes: Sequence[str] = ()


def observed(path: str, registry: Registry | None = None) -> Observation:
    """Return what a file of events shows.

    Args:
        path: The file.
        registry: Knows how the orchestrator of the run shares a machine; the installed plugins if there is none.

    Raises:
        InputError: If the file cannot be read, or has no attempt that ended by itself.
    """
    registry = registry or Registry.load()
    reader, seen = EventReader(path), _Seen(known_places(registry))
    for line in reader:
        if not isinstance(line.event, AttemptEnded | RunStarted | RunFinished):
            continue
        seen.note(line.event, line.stands_for)
    for task in seen.tasks.values():
        task.add_first_attempts()
    if not seen.tasks or seen.started is None:
        raise InputError(f"The events {path!r} have no attempt that tells what work takes.", source=path)
    notes = [f"{reader.cut} What it did until then is taken for all of its work."] if reader.is_cut else []
    started = seen.started
    if seen.is_resumed:
        notes.append(
            "It went on with a checkpoint, and what was done before is not in it; --items says how many elements there are."
        )
    if seen.is_crowded and any(task.blocked.most for task in seen.tasks.values()):
        notes.append(
            "Attempts computed side by side, so it is not known whether functions blocked, or waited for a core. A recording with "
            "--orchestrator sequential would show it; here they are taken for never blocked."
        )
    if seen.is_crowded and any(task.wait.most for task in seen.tasks.values()):
        notes.append(
            "Attempts computed side by side, so those that waited may have waited for them, too, and their waits seem longer than they were. A recording "
            "with --orchestrator sequential shows how long they are."
        )
    retries, unknown = _retries_of(registry, started.retries)
    notes += unknown
    return Observation(
        work=evolve(seen.work(), retries=retries),
        orchestrator=started.orchestrator,
        workers=started.slots,
        retry=started.retry,
        seconds=seen.seconds,
        bytes_read=0 if seen.finished is None else seen.finished.bytes_read,
        notes=notes,
    )


def _retries_of(registry: Registry, labels: Mapping[str, str]) -> tuple[Mapping[str, RetryPolicy], list[str]]:
    """Return the retry policies of tasks that have these labels, and a note for each that is not installed here."""
    found, notes = {}, []
    for task, label in labels.items():
        try:
            found[task] = RetrySettings.of_label(label).build(registry)
        except UsageError:
            notes.append(
                f"The retry policy of {task!r}, {label}, is none of those that are installed; here {task!r} has the retry policy of the run."
            )
    return found, notes


@define
class _Task:
    steps: StepSamples = field(factory=StepSamples)
    compute: Samples = field(factory=Samples)
    wait: Samples = field(factory=Samples)
    blocked: Samples = field(factory=Samples)
    spread: Spread = field(factory=Spread)
    lines: int = 0
    attempts: int = 0  # that ended by themselves, and not with their worker
    bundles: int = 0
    failed: int = 0
    permanent: int = 0
    errors: Counter[str] = field(factory=Counter)
    moved: float = 0.0
    elements: int = 0  # of attempts that gave a result
    computed: float = 0.0
    firsts: int = 0
    # First attempts that failed in bundles of other tasks, by that task, and whether for good.
    failed_in: Counter[tuple[str, bool]] = field(factory=Counter)
    first_attempts: FirstAttempts = field(factory=FirstAttempts)

    def add(self, seen: AttemptTimes) -> None:
        """Note what an attempt took."""
        self.computed += seen.compute * seen.times
        for samples, seconds in ((self.wait, seen.wait), (self.blocked, seen.blocked), (self.compute, seen.compute)):
            samples.add(seconds / seen.elements, seen.elements * seen.times)
        self.spread.add(seen.spread, seen.elements, seen.times)

    def add_first_attempts(self) -> None:
        """Note what the first attempts of workers took, now that the others are known."""
        for one in self.first_attempts.take():
            self.add(one)


@define
class _Seen:
    places: Mapping[str, Place]
    started: RunStarted | None = None
    finished: RunFinished | None = None
    ended: float = 0.0
    tasks: dict[str, _Task] = field(factory=dict)
    progress: Progress = field(factory=Progress)
    is_sampled: bool = False

    def note(self, event: RunEvent, times: int) -> None:
        if isinstance(event, RunStarted):
            self.started = event
        elif isinstance(event, RunFinished):
            self.finished = event
        elif (
            isinstance(event, AttemptEnded) and times
        ):  # one that stands for none is among the slowest, and counted by others
            self._note_attempt(event, times)
        self.ended = max(self.ended, event.time)

    def _note_attempt(self, event: AttemptEnded, times: int) -> None:
        task = self.tasks.setdefault(event.task, _Task())
        if event.attempt == 1 and event.handed_out_ns is None:
            is_permanent = event.error is not None and event.error.is_permanent
            task.failed_in[event.bundle.partition(":")[0], is_permanent] += times
            if event.error is not None:
                task.errors[event.error.type] += times
            return
        if (seen := self._times_of(event, times)) is None:
            return
        self.is_sampled = self.is_sampled or times > 1
        task.lines += 1
        self.progress.note(event, is_source=event.task == next(iter(self.tasks)))
        task.attempts += times
        task.firsts += times * (event.attempt == 1)
        task.moved += times * (event.bytes_in + event.bytes_out)
        if event.outcome == "ok":
            task.elements += times * event.elements
            task.bundles += times
        else:
            task.failed += times
            if event.error is not None:
                task.errors[event.error.type] += times
                task.permanent += times * event.error.is_permanent
        task.steps.add(event.steps, seen.elements, times)
        if not task.first_attempts.holds_back(event.worker, seen):
            task.add(seen)

    def _times_of(self, event: AttemptEnded, times: int) -> AttemptTimes | None:
        """Return what an attempt took, or None if it tells nothing of its work, such as one that was lost.

        One that was ended since it took too long did nothing but wait, as far as anybody can tell.
        """
        begun = event.handed_out_ns if event.began_ns is None else event.began_ns
        if event.outcome == "timeout" and begun is not None:
            seconds = max(0, event.came_back_ns - begun) / 1e9
            is_awaited = self.started is not None and self.places.get(self.started.orchestrator) == "loop"
            wait, blocked = (seconds, 0.0) if is_awaited else (0.0, seconds)
            return AttemptTimes(wait=wait, blocked=blocked, compute=0.0, beside=None, elements=1, times=times)
        if event.outcome in {"ok", "error"} and event.began_ns is not None and event.ended_ns is not None:
            return times_of(event, times)
        return None

    @property
    def is_complete(self) -> bool:
        """Return whether the run came to its end; items that failed for good are no reason against it."""
        return self.finished is not None and not self.finished.stopped and not self.finished.is_interrupted

    @property
    def is_crowded(self) -> bool:
        """Return whether attempts that computed side by side stood in each other's way, as far as anybody can tell."""
        if self.started is None:
            return False
        side_by_side = self._side_by_side(self.started)
        computed = sum(one.computed for one in self.tasks.values())
        return self.started.slots > side_by_side and computed > CROWDED * side_by_side * self.seconds

    def _side_by_side(self, started: RunStarted) -> float:
        """Return how many attempts could compute at once where the run was recorded; infinite where nobody can tell."""
        place = self.places.get(started.orchestrator)
        if place in {"threads", "loop"}:
            return 1.0
        return float(processors()) if place == "processes" and started.host == platform.node() else math.inf

    @property
    def is_resumed(self) -> bool:
        """Return whether a part of the work was done by another run before."""
        resumed = 0 if self.finished is None else self.finished.resumed_items
        return resumed > 0 or (self.started is not None and bool(self.started.resumed_from))

    @property
    def seconds(self) -> float:
        """Return how long the run took, as far as its events tell."""
        return 0.0 if self.started is None else max(0.0, self.ended - self.started.time)

    def work(self) -> WorkModel:
        self._correct_counts()
        source = next(iter(self.tasks))
        follow_ups = {name: [one] for name, one in chain(self.tasks, self._share_of_all).items()}
        for name, task in self.tasks.items():
            for (bundle, is_permanent), number in task.failed_in.items():
                if bundle in self.tasks:
                    share = number / max(1, self.tasks[bundle].elements)
                    follow_up = FollowUp(task=name, share=share, has_failed=True, is_permanent=is_permanent)
                    follow_ups.setdefault(bundle, []).append(follow_up)
        works = {
            name: self._task_work(name, task, tuple(follow_ups.get(name, ()))) for name, task in self.tasks.items()
        }
        first, elements = self.tasks[source], max(1, self.tasks[source].elements)
        parts = self._parts_of(source, first) if works[source].is_bundled else 0.0
        items = self._items_of(first, parts) if works[source].is_bundled else max(1, first.firsts)
        return WorkModel(
            tasks=works,
            source=source,
            items=items,
            elements=elements if works[source].is_bundled else items,
            parts=parts,
            is_count_known=self.is_complete and not self.is_resumed,
            delay_scale=self.started.latency_scale
            if self.started is not None and self.started.faults != "none"
            else 1.0,
            quotas={} if self.started is None else quotas_in(self.started.quotas),
        )

    def _share_of_all(self, name: str, parent: str, share: float) -> float:
        """Return which share of its parent's elements a task has in the end: in a run that was stopped, others were not reached yet."""
        return share if self.is_complete else min(max(1.0, share), share / self.progress.share(name, parent))

    def _correct_counts(self) -> None:
        """Take exact numbers of items where lines tell them by a sample only, and totals know them."""
        if self.finished is None or not (self.is_sampled and self.is_complete):
            return
        for name, totals in self.finished.tasks.items():
            task = self.tasks.get(name)
            # What failed in a bundle is counted among all elements of that.
            if task is not None and task.elements == task.bundles and not task.failed_in:
                task.firsts, task.elements, task.bundles = totals.items, *(totals.items - totals.failures,) * 2

    def _task_work(self, name: str, task: _Task, follow_ups: tuple[FollowUp, ...]) -> TaskWork:
        return TaskWork(
            compute=task.compute.durations(),
            wait=task.wait.durations(),
            # Where others had the core, the wait for it is no part of the work.
            blocked=NOTHING if self.is_crowded else task.blocked.durations(),
            failure_rate=task.failed / task.attempts if task.attempts else 0.0,
            errors=dict(task.errors),
            permanent=task.permanent / task.failed if task.failed else 0.0,
            bytes_moved=task.moved / task.attempts if task.attempts else 0.0,
            follow_ups=follow_ups,
            # Bundles are entered into the ledger element by element, so totals do not know them.
            is_bundled=task.elements > task.bundles or (self.finished is not None and name not in self.finished.tasks),
            spread=task.spread.mean,
            steps=task.steps.works(is_crowded=self.is_crowded),
            observed=task.lines,
            observed_elements=task.elements,
        )

    def _items_of(self, source: _Task, parts: float) -> int:
        """Return how many parts of the input there were: fewer than attempts where workers gave the rest of a part back."""
        longest = source.wait.most + source.compute.most
        slots = self.started.slots if self.started is not None else 1
        if longest * source.elements / max(1, source.bundles) < quantum_for(Capabilities(), slots):
            return max(1, source.bundles)
        return max(1, min(source.bundles, math.ceil(parts)))

    def _parts_of(self, name: str, source: _Task) -> float:
        """Return how many whole parts of the input were read: the last one may have been a small one; 0 where that is not known."""
        if name == VALUES:
            return source.elements / TOGETHER
        read = self.finished.bytes_read if self.finished is not None else 0
        chunk = self.started.chunk_size if self.started is not None else 0
        return read / chunk if chunk else 0.0
