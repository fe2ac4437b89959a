"""What the first attempts of a run show of its work, from their answers alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from attrs import define, field

from pipeline_optimization.engine.quota import Quota
from pipeline_optimization.engine.wire import Answer, decode_answer
from pipeline_optimization.foresight.attempt_times import times_of_answer
from pipeline_optimization.foresight.chain import chain
from pipeline_optimization.foresight.unequal import Spread
from pipeline_optimization.foresight.work import NOTHING, FollowUp, TaskWork, WorkModel
from pipeline_optimization.pipeline.model.job import AT_ONCE
from pipeline_optimization.types import Attempt, Completion
from pipeline_optimization.types.durations import Durations, constant, empirical

__all__ = ["Glance"]

ENOUGH = ((16, 0.03), (4, 0.08), (1, 0.5))
"""How many elements are enough after how many seconds, whichever comes first.

Whether work waits or computes shows in the first few. While more are looked at, the run is no faster than `sequential`.
"""

HORIZON = 60.0
"""Seconds of work for which a choice is made, since nobody knows how much there is to come: a start of workers must pay within them.

A choice that is wrong for less work costs a part of a second, and one that is wrong for more work costs a share of a long run.
"""


@define(eq=False)
class _Task:
    """What the attempts of a task took, in seconds each: what they computed, what an event loop could wait for, and what blocked.

    ``firsts`` are the items that were submitted, and ``seen`` those of them whose first attempt has ended.
    """

    computed: list[float] = field(factory=list)
    waited: list[float] = field(factory=list)
    blocked: list[float] = field(factory=list)
    spread: Spread = field(factory=Spread)
    failed: int = 0
    elements: int = 0
    attempts: int = 0
    firsts: int = 0
    seen: int = 0


@define(eq=False)
class Glance:
    """Notes what attempts take that run one after the other, in workers that measure times. ``quotas`` are those of the run, by task."""

    now: Callable[[], float]
    quotas: Mapping[str, Quota] = field(factory=dict, kw_only=True)
    _tasks: dict[str, _Task] = field(factory=dict, init=False)
    _submitted: dict[int, Attempt] = field(factory=dict, init=False)
    _begun: float = field(init=False)
    _work: WorkModel | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self._begun = self.now()

    def submitted(self, attempt: Attempt) -> None:
        """Note an attempt that the engine submits. It shows what other items made possible, before it runs itself."""
        self._submitted[attempt.id] = attempt
        self._task_of(attempt).firsts += attempt.number == 1

    def note(self, completions: Sequence[Completion]) -> None:
        """Note the attempts that have ended. One that was lost says nothing of its task."""
        for one in completions:
            if one.status == "done" and one.id in self._submitted:
                self._add(self._submitted.pop(one.id), decode_answer(one.payload))

    def _add(self, attempt: Attempt, answer: Answer) -> None:
        task, times = self._task_of(attempt), times_of_answer(answer)
        task.attempts += 1
        task.seen += attempt.number == 1
        task.failed += answer.error is not None
        task.elements += answer.elements if answer.error is None else 0
        task.computed.append(times.compute)
        task.waited.append(times.wait)
        task.blocked.append(times.blocked)
        task.spread.add(times.spread, times.elements)

    def _task_of(self, attempt: Attempt) -> _Task:
        return self._tasks.setdefault(attempt.item.partition(":")[0], _Task())

    @property
    def elements(self) -> int:
        """Return how many elements were seen to the end. An item that is only read makes others possible, and counts by these."""
        tasks = list(self._tasks.values())
        return max((max(one.seen, one.elements) for one in tasks[1:] or tasks), default=0)

    @property
    def is_enough(self) -> bool:
        """Return whether to look longer would hardly tell more, or take too long."""
        passed = self.now() - self._begun
        return any(self.elements >= elements and passed >= seconds for elements, seconds in ENOUGH)

    def work(self) -> WorkModel:
        """Return more of the work that was seen: as much as takes a minute where it is seen."""
        if self._work is None:
            self._work = self._model()
        return self._work

    def _model(self) -> WorkModel:
        tasks = {name: task for name, task in self._tasks.items() if task.attempts}
        follow_ups = chain(tasks)
        first, source = next(iter(tasks.items()))
        is_bundled = source.elements > source.attempts
        model = WorkModel(
            tasks={name: _work_of(task, follow_ups.get(name)) for name, task in tasks.items()},
            source=first,
            items=max(1, source.attempts if is_bundled else source.seen),
            elements=max(1, source.elements if is_bundled else source.seen),
            is_count_known=False,
            delay_scale=0.0,  # no worker waits for the delays before retries, so wherever a run goes on they are the same
            quotas=self.quotas,
        )
        together = AT_ONCE if model.is_awaited else 1
        each = max(model.compute, (model.compute + model.wait) / together) / model.elements
        return model.scaled(max(model.elements, round(HORIZON / each)) if each else model.elements)


def _work_of(task: _Task, follow_up: FollowUp | None) -> TaskWork:
    return TaskWork(
        wait=_durations(task, task.waited),
        compute=_durations(task, task.computed),
        blocked=_durations(task, task.blocked),
        failure_rate=task.failed / task.attempts,
        follow_ups=() if follow_up is None else (follow_up,),
        is_bundled=task.elements > task.attempts,
        spread=task.spread.mean,
    )


def _durations(task: _Task, times: list[float]) -> Durations:
    """Return what an element takes. Of those of a bundle only the mean is known: bundles are cut by time, so slow elements fill more of them."""
    if task.elements > task.attempts:
        return constant(sum(times) / task.elements)
    return empirical(times) if any(times) else NOTHING
