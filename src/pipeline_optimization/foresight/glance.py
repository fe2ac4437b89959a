"""What the first attempts of a run show of its work, from their answers alone."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable

from attrs import define, field

from pipeline_optimization.engine.wire import decode_answer
from pipeline_optimization.foresight.work import NOTHING, FollowUp, TaskWork, WorkModel
from pipeline_optimization.run_delay import run_delay_seconds
from pipeline_optimization.types import Attempt, Completion
from pipeline_optimization.types.durations import Durations, constant, empirical

__all__ = ["Glance"]

ENOUGH = ((16, 0.05), (4, 0.2), (1, 1.0))
"""How many elements are enough after how many seconds, whichever comes first."""

HORIZON = 10.0
"""Seconds of work for which a choice is made, since nobody knows how much there is to come: a start of workers must pay within them."""


@define(eq=False)
class _Task:
    waited: list[float] = field(factory=list)
    rest: list[float] = field(factory=list)
    failed: int = 0
    elements: int = 0
    attempts: int = 0
    firsts: int = 0


@define(eq=False)
class Glance:
    """Notes what attempts take that run one after the other in this process. How much of that they computed is told by the process's own time."""

    now: Callable[[], float]
    elements: int = field(default=0, init=False)
    _tasks: dict[str, _Task] = field(factory=dict, init=False)
    _handed: dict[int, Attempt] = field(factory=dict, init=False)
    _begun: float = field(init=False)
    _computed: float = field(init=False)
    _work: WorkModel | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self._begun = self.now()
        self._computed = self._computing()

    def handed_out(self, attempt: Attempt) -> None:
        self._handed[attempt.id] = attempt

    def note(self, completion: Completion) -> None:
        """Note an attempt that came back; one that was lost says nothing of its task."""
        attempt = self._handed.pop(completion.id, None)
        if attempt is None or completion.status != "done":
            return
        answer = decode_answer(completion.payload)
        task = self._tasks.setdefault(attempt.item.partition(":")[0], _Task())
        self.elements += max(1, answer.elements)
        task.attempts += 1
        task.firsts += attempt.number == 1
        task.failed += answer.error is not None
        task.elements += answer.elements if answer.error is None else 0
        task.waited.append(min(answer.latency, answer.seconds))
        task.rest.append(max(0.0, answer.seconds - answer.latency))

    @property
    def is_enough(self) -> bool:
        """Return whether to look longer would hardly tell more, or take too long."""
        passed = self.now() - self._begun
        return any(self.elements >= elements and passed >= seconds for elements, seconds in ENOUGH)

    def work(self) -> WorkModel:
        """Return more of the work that was seen: as much as takes some seconds, one after the other."""
        if self._work is None:
            self._work = self._model()
        return self._work

    def _model(self) -> WorkModel:
        names = list(self._tasks)
        rest = sum(sum(task.rest) for task in self._tasks.values())
        computed = min(1.0, (self._computing() - self._computed) / rest) if rest else 0.0
        follow_ups: dict[str, tuple[FollowUp, ...]] = dict.fromkeys(names, ())
        for parent, name in itertools.pairwise(names):
            share = self._tasks[name].firsts / max(1, self._tasks[parent].elements)
            follow_ups[parent] = (FollowUp(task=name, share=share),)
        source = self._tasks[names[0]]
        is_bundled = source.elements > source.attempts
        model = WorkModel(
            tasks={name: _work_of(task, follow_ups[name], computed) for name, task in self._tasks.items()},
            source=names[0],
            items=max(1, source.attempts if is_bundled else source.firsts),
            elements=max(1, source.elements if is_bundled else source.firsts),
            is_count_known=False,
        )
        each = (model.compute + model.wait) / model.elements
        return model.scaled(max(model.elements, round(HORIZON / each)) if each else model.elements)

    @staticmethod
    def _computing() -> float:
        """Return the seconds so far in which the process computed, or would have if other programs had let it."""
        return time.process_time() + run_delay_seconds(os.getpid())


def _work_of(task: _Task, follow_ups: tuple[FollowUp, ...], computed: float) -> TaskWork:
    return TaskWork(
        wait=_durations(task, task.waited, 1.0),
        compute=_durations(task, task.rest, computed),
        blocked=_durations(task, task.rest, 1.0 - computed),
        failure_rate=task.failed / task.attempts,
        follow_ups=follow_ups,
        is_bundled=task.elements > task.attempts,
    )


def _durations(task: _Task, seconds: list[float], share: float) -> Durations:
    """Return what an element takes. Of those of a bundle only the mean is known: bundles are cut by time, so slow elements fill more of them."""
    if task.elements > task.attempts:
        return constant(sum(seconds) * share / task.elements)
    times = [one * share for one in seconds]
    return empirical(times) if any(times) else NOTHING
