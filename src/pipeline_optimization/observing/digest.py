"""The figures that a report shows of a run. They are summed up from its events in one pass and in bounded memory."""

from __future__ import annotations

import heapq
from collections import Counter
from math import floor, inf, log2

from attrs import define, field

from pipeline_optimization.observing.resources import ResourcesSampled
from pipeline_optimization.observing.usage import Usage
from pipeline_optimization.types import ErrorRecord
from pipeline_optimization.types.events import AttemptEnded, RunEvent, RunFinished, RunStarted, WorkerLost
from pipeline_optimization.types.step_time import StepTime

__all__ = ["Digest", "Example", "Slice", "TaskDigest", "Timeline"]

MOST_SLICES = 2000
"""The most attempts that are drawn one by one. In a longer run, each slot is drawn by how busy it was."""

MOST_BINS = 240
"""The most stretches of time in a chart."""

MOST_SLOTS = 64
"""The most slots that are drawn. Others are only counted."""

SLOWEST = 20

MOST_EXAMPLES = 100
"""The most kinds of failures of which an example is kept."""

PER_OCTAVE = 4
"""Classes of durations in each doubling of time."""

SHORTEST = 1e-6
"""Durations below this many seconds are in one class."""


@define
class TaskDigest:
    """The attempts of one task.

    Attributes:
        outcomes: How many attempts had each outcome.
        retries: How many attempts were not the first of their item.
        measured: How many attempts have a measured time.
        seconds: How long those took together.
        waited: How long they waited together.
        longest: Seconds of the longest one.
        shortest: Seconds of the shortest one.
        classes: How many attempts were in each class of durations.
    """

    outcomes: Counter[str] = field(factory=Counter)
    retries: int = 0
    measured: int = 0
    seconds: float = 0.0
    waited: float = 0.0
    longest: float = 0.0
    shortest: float = inf
    classes: Counter[int] = field(factory=Counter)

    def add(self, seconds: float, waited: float, times: int) -> None:
        """Add an attempt that stands for ``times`` attempts."""
        self.measured += times
        self.seconds += seconds * times
        self.waited += waited * times
        self.longest = max(self.longest, seconds)
        self.shortest = min(self.shortest, seconds)
        self.classes[floor(PER_OCTAVE * log2(max(seconds, SHORTEST)))] += times

    def merge(self, other: TaskDigest) -> None:
        """Add the attempts of another task."""
        self.outcomes.update(other.outcomes)
        self.retries += other.retries
        self.measured += other.measured
        self.seconds += other.seconds
        self.waited += other.waited
        self.longest = max(self.longest, other.longest)
        self.shortest = min(self.shortest, other.shortest)
        self.classes.update(other.classes)

    def quantile(self, share: float) -> float:
        """Return the seconds within which a ``share`` of the attempts ended, as exactly as a class of durations allows."""
        left = share * self.measured
        for number in sorted(self.classes):
            left -= self.classes[number]
            if left <= 0:
                return float(min(self.longest, 2.0 ** ((number + 1) / PER_OCTAVE)))
        return self.longest


@define
class Example:
    """A kind of failure: how many attempts had it, and one of them."""

    attempts: int
    item: str
    error: ErrorRecord


@define(order=True)
class Slice:
    """An attempt to be drawn. Times are seconds since the run's start."""

    seconds: float
    began: float = field(order=False)
    slot: int = field(order=False)
    item: str = field(order=False)
    task: str = field(order=False)
    attempt: int = field(order=False)
    outcome: str = field(order=False)
    waited: float = field(order=False)


@define
class Timeline:
    """An amount over time: ``bins`` of ``width`` seconds. The width doubles as the run goes on, so that there are few bins."""

    width: float = 0.01
    bins: dict[int, float] = field(factory=dict)

    def add(self, begin: float, end: float, amount: float = 1.0) -> None:
        """Spread an amount evenly over a stretch of time, in seconds since the run's start."""
        begin = max(0.0, begin)
        end = max(begin, end)
        while end >= self.width * MOST_BINS:
            self.width *= 2
            merged: dict[int, float] = {}
            for number, value in self.bins.items():
                merged[number // 2] = merged.get(number // 2, 0.0) + value
            self.bins = merged
        first, last = int(begin / self.width), int(end / self.width)
        for number in range(first, last + 1):
            left, right = max(begin, number * self.width), min(end, (number + 1) * self.width)
            share = 1.0 if end == begin else (right - left) / (end - begin)
            self.bins[number] = self.bins.get(number, 0.0) + amount * share


@define
class Digest:
    """Sums up events one by one (``note``). All attributes may be read at any time.

    ``bundles`` are the tasks whose attempts each run many elements, and ``steps`` is what the steps took in them.
    """

    started: RunStarted | None = None
    finished: RunFinished | None = None
    tasks: dict[str, TaskDigest] = field(factory=dict)
    bundles: set[str] = field(factory=set)
    steps: dict[str, StepTime] = field(factory=dict)
    failures: dict[tuple[str, str], Example] = field(factory=dict)
    other_failures: int = 0
    slices: list[Slice] | None = field(factory=list)
    slowest: list[Slice] = field(factory=list)
    busy: dict[int, Timeline] = field(factory=dict)
    done: Timeline = field(factory=Timeline)
    lost: list[tuple[float, WorkerLost]] = field(factory=list)
    other_lost: int = 0
    attempts: int = 0
    slots_used: int = 0
    seconds: float = 0.0
    """How long the run took, as far as its events tell."""
    is_sampled: bool = False
    usage: Usage = field(factory=Usage)

    def note(self, event: RunEvent | ResourcesSampled, stands_for: int = 1) -> None:
        """Add an event that stands for this number of attempts. With 0, it is shown, and other lines count for it."""
        if isinstance(event, AttemptEnded):
            self._note_attempt(event, stands_for)
        elif isinstance(event, RunStarted):
            self.started = event
        elif isinstance(event, WorkerLost):
            if len(self.lost) < MOST_EXAMPLES:
                self.lost.append((self._since_start(event.time), event))
            else:
                self.other_lost += 1
        elif isinstance(event, ResourcesSampled):
            self.usage.note(event, self._since_start(event.time))
        elif isinstance(event, RunFinished):
            self.finished = event
            self.seconds = max(self.seconds, self._since_start(event.time))

    @property
    def name(self) -> str:
        """Return the name of the pipeline, or empty if the run has not started."""
        return "" if self.started is None else self.started.name

    def _since_start(self, time: float) -> float:
        return max(0.0, time - self.started.time) if self.started is not None else time

    def _note_attempt(self, event: AttemptEnded, stands_for: int) -> None:
        self.is_sampled = self.is_sampled or stands_for != 1
        self.attempts += stands_for
        self.slots_used = max(self.slots_used, event.slot)
        task = self.tasks.setdefault(event.task, TaskDigest())
        task.outcomes[event.outcome] += stands_for
        task.retries += stands_for * (event.attempt > 1)
        back = self._since_start(event.time)
        self.seconds = max(self.seconds, back)
        self.done.add(back, back, event.elements * stands_for)
        if event.error is not None:
            self._note_error(event, stands_for)
        if event.steps and all(step.step != event.task for step in event.steps):
            self.bundles.add(event.task)
            for step in event.steps:
                before = self.steps.get(step.step, StepTime(step.step, 0, 0, 0, 0))
                self.steps[step.step] = before.plus(step, stands_for)
        if event.began_ns is None or event.ended_ns is None:
            return
        began, waited = self._since_start(event.began_ns / 1e9), event.waited_ns / 1e9
        seconds = max(0.0, (event.ended_ns - event.began_ns) / 1e9)
        if stands_for:
            task.add(seconds, min(waited, seconds), stands_for)
        one = Slice(
            seconds, began, event.slot, event.item, event.task, event.attempt, event.outcome, min(waited, seconds)
        )
        self._note_slice(one, stands_for)

    def _note_slice(self, one: Slice, stands_for: int) -> None:
        if len(self.slowest) < SLOWEST:
            heapq.heappush(self.slowest, one)
        elif one.seconds > self.slowest[0].seconds:
            heapq.heapreplace(self.slowest, one)
        if self.slices is not None:
            self.slices.append(one)
            if len(self.slices) > MOST_SLICES:
                self.slices = None
        if one.slot in self.busy or len(self.busy) < MOST_SLOTS:
            line = self.busy.setdefault(one.slot, Timeline())
            line.add(one.began, one.began + one.seconds, one.seconds * stands_for)

    def _note_error(self, event: AttemptEnded, stands_for: int) -> None:
        assert event.error is not None
        key = event.task, event.error.type
        known = self.failures.get(key)
        if known is not None:
            known.attempts += stands_for
        elif len(self.failures) < MOST_EXAMPLES:
            self.failures[key] = Example(stands_for, event.item, event.error)
        else:
            self.other_failures += stands_for
