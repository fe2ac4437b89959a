"""What a run consists of: how many items, and what calls of each task take, how they fail, and what they make possible."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from random import Random

from attrs import evolve, field, frozen

from pipeline_optimization.engine.quota import Quota
from pipeline_optimization.engine.work import TaskPolicy
from pipeline_optimization.foresight.bundle_pace import BundlePace
from pipeline_optimization.foresight.resampling import resampled
from pipeline_optimization.foresight.step_work import StepWork
from pipeline_optimization.pipeline.model.time_slice import AWAITING, QUANTUM
from pipeline_optimization.types import RetryPolicy
from pipeline_optimization.types.durations import Durations, constant, empirical

__all__ = ["NOTHING", "FollowUp", "TaskWork", "WorkModel"]

NOTHING = constant(0.0)
"""How long nothing takes."""

MOST_ELEMENTS = 1_000_000
"""Elements of a bundle that is cut by time only."""

MOST_RESAMPLED = 1000
"""Draws of a resampled distribution: what more observations would still leave open does not show."""

FEW = 5
"""Attempts from which on those that were observed show how much others may differ."""

PRIOR = 0.5
"""The standard deviation of the times of a task's elements, as a share of them, that is assumed where fewer attempts were observed."""


@frozen(kw_only=True)
class FollowUp:
    """Items that finished elements of a task make possible: of which ``task``, and how many one element makes on average.

    ``has_failed``: the item's first attempt was made among others and failed there, so that it begins with a retry.
    ``is_permanent``: it failed there for good, so that it is not tried again.
    """

    task: str
    share: float
    has_failed: bool = False
    is_permanent: bool = False


@frozen(kw_only=True)
class TaskWork:
    """What calls of one task take.

    Args:
        compute: Seconds that an element keeps a core busy.
        wait: Seconds that an element waits, and an event loop lets others go on: simulated latencies, and what is awaited.
        blocked: Seconds that an element waits in a function that blocks its thread.
        failure_rate: The share of attempts that fail, from 0 to 1.
        errors: The names of the errors of failures, each with its weight.
        permanent: The share of failures that another attempt would meet again, from 0 to 1.
        bytes_moved: Bytes that travel to the worker and back for an attempt, on average.
        follow_ups: What its finished elements make possible.
        is_bundled: An attempt runs many elements, as many as there is time for; times are of each of them.
        spread: By how much the waits of such elements differ within an attempt: the standard deviation of their logarithm.
        steps: The steps that an attempt runs, if their times are known; they are parts of those of the task.
        observed: How many attempts the distributions are from; 0 where they were given and are exact.
        observed_elements: How many elements these attempts had; 0 where that is not known.
    """

    compute: Durations = NOTHING
    wait: Durations = NOTHING
    blocked: Durations = NOTHING
    failure_rate: float = 0.0
    errors: Mapping[str, float] = field(factory=dict)
    permanent: float = 0.0
    bytes_moved: float = 0.0
    follow_ups: tuple[FollowUp, ...] = ()
    is_bundled: bool = False
    spread: float = 0.0
    steps: Mapping[str, StepWork] = field(factory=dict)
    observed: int = 0
    observed_elements: int = 0

    @property
    def is_awaited(self) -> bool:
        """Return whether an attempt awaits many elements at once, as those over bundles do whose steps are coroutine functions."""
        return self.is_bundled and self.wait.most > 0

    @property
    def together(self) -> float:
        """Return how many elements an observed attempt had, on average; infinite where that is not known."""
        return max(1.0, self.observed_elements / self.observed) if self.observed_elements else math.inf

    @property
    def seconds(self) -> float:
        """Return what an element takes on average, however that is spent."""
        return self.compute.mean + self.wait.mean + self.blocked.mean

    def resampled(self, random: Random) -> TaskWork:
        """Return the task as other observations of the same number could have shown it (Efron's bootstrap)."""
        if not self.observed:
            return self
        number = min(self.observed, MOST_RESAMPLED)
        failed = sum(random.random() < self.failure_rate for _ in range(number)) / number
        if self.is_bundled:
            wait, compute, blocked = self._resampled_bundles(number, random)
            return evolve(self, failure_rate=failed, wait=wait, compute=compute, blocked=blocked)
        return evolve(
            self,
            compute=resampled(self.compute, number, random),
            wait=resampled(self.wait, number, random),
            blocked=resampled(self.blocked, number, random),
            failure_rate=failed,
        )

    def _resampled_bundles(self, number: int, random: Random) -> Sequence[Durations]:
        """Return what elements wait, compute and are blocked, as other attempts over bundles could have shown it: they count by their elements."""
        times = (self.wait, self.compute, self.blocked)
        if all(one.least == one.most for one in times):
            return times
        pace = BundlePace(*times)
        drawn = [pace.at(random.random(), MOST_ELEMENTS) for _ in range(number)]
        weights = [pace.taken(one, MOST_ELEMENTS) for one in drawn]
        return [empirical(found, weights) for found in zip(*drawn, strict=True)]


@frozen(kw_only=True)
class WorkModel:
    """A run's work, whoever runs it.

    Args:
        tasks: What calls of each task take, by its name.
        source: The task of the items that depend on no other.
        items: How many such items there are.
        elements: How many elements are in all of them together; as many as items, unless they are bundles.
        parts: How many whole parts of the input these elements fill, which may be less than one; 0 where that is not known.
        is_count_known: Whether the input was read to its end, so that these are all.
        delay_scale: What delays before retries are multiplied by, as they are in runs whose times are simulated at a scale.
        quotas: How many calls of tasks are allowed, by task. Tasks that have the same object share it.
        retries: The retry policies of tasks that have one of their own, by task.
    """

    tasks: Mapping[str, TaskWork]
    source: str
    items: int
    elements: int = field()
    parts: float = 0.0
    is_count_known: bool = True
    delay_scale: float = 1.0
    quotas: Mapping[str, Quota] = field(factory=dict)
    retries: Mapping[str, RetryPolicy] = field(factory=dict)

    @property
    def policies(self) -> Mapping[str, TaskPolicy]:
        """Return what differs for the attempts of single tasks."""
        names = dict.fromkeys([*self.quotas, *self.retries])
        return {name: TaskPolicy(quota=self.quotas.get(name), retry=self.retries.get(name)) for name in names}

    @elements.default
    def _as_many_as_items(self) -> int:
        return self.items

    def resampled(self, seed: int) -> WorkModel:
        """Return the work as other observations could have shown it: what is uncertain about it differs from seed to seed."""
        random = Random(f"work {seed}")  # noqa: S311 - repeatable, not secret
        return evolve(self, tasks={name: one.resampled(random) for name, one in self.tasks.items()})

    def scaled(self, elements: int) -> WorkModel:
        """Return the same work over ``elements`` elements of the input."""
        share = elements / self.elements if self.elements else 1.0
        items = math.ceil(self.parts * share) if self.parts else round(self.items * share)
        return evolve(self, items=max(1, items), elements=elements, parts=self.parts * share, is_count_known=True)

    def number_of_items(self) -> dict[str, float]:
        """Return how many elements of each task there will be, on average."""
        found = dict.fromkeys(self.tasks, 0.0)
        found[self.source] = float(self.elements)
        for name, task in self.tasks.items():  # in the order of the pipeline
            for one in task.follow_ups:
                found[one.task] += found[name] * one.share
        return found

    @property
    def is_awaited(self) -> bool:
        """Return whether attempts of any task await many elements at once."""
        return any(task.is_awaited for task in self.tasks.values())

    @property
    def names(self) -> Sequence[str]:
        """Return the names of tasks, and of the steps of which more than the sum is known."""
        return list(dict.fromkeys(name for task, work in self.tasks.items() for name in (task, *work.steps)))

    def attempts(self, at_once: int = 1, *, quantum: float = QUANTUM) -> Mapping[str, float]:
        """Return about how many attempts of each task there will be if none is made again.

        Args:
            at_once: How many elements of a bundle are awaited at once.
            quantum: After how many seconds the rest of a bundle goes back, unless its elements are awaited.
        """
        found = self.number_of_items()
        for name, task in self.tasks.items():
            if task.is_awaited:
                busy = task.compute.mean + task.blocked.mean
                found[name] = max(float(self.items), found[name] * max(busy, task.seconds / at_once) / AWAITING)
            elif task.is_bundled:
                found[name] = max(float(self.items), found[name] * task.seconds / quantum)
        return found

    @property
    def doubt(self) -> float:
        """Return the standard deviation of the whole time, as a share of it, that tasks leave open of which few attempts were observed."""
        taken = {name: number * self.tasks[name].seconds for name, number in self.number_of_items().items()}
        whole = sum(taken.values())
        doubts = (
            PRIOR * taken[name] / whole / math.sqrt(max(task.observed, task.observed_elements))
            for name, task in self.tasks.items()
            if 0 < task.observed < FEW and whole
        )
        return math.hypot(*doubts)

    @property
    def slowest(self) -> float:
        """Return about how many seconds the longest part of a call takes: that which one of all calls of its task takes, on average."""
        found = 0.0
        for name, number in self.number_of_items().items():
            task = self.tasks[name]
            if number > 1 and not task.is_bundled:  # bundles are cut before they take long
                share = 1.0 - 1.0 / number
                found = max(found, task.wait.at(share), task.blocked.at(share), task.compute.at(share))
        return found

    @property
    def compute(self) -> float:
        """Return the seconds that all elements keep cores busy if none is tried again."""
        return sum(number * self.tasks[name].compute.mean for name, number in self.number_of_items().items())

    @property
    def wait(self) -> float:
        """Return the seconds that all elements wait if none is tried again."""
        found = ((self.tasks[name], number) for name, number in self.number_of_items().items())
        return sum(number * (task.wait.mean + task.blocked.mean) for task, number in found)
