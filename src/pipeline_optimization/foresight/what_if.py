"""What would be if a task were faster, failed less often, or more workers ran it: changes of a model, as users write them.

``fetch.latency=0.5x`` halves what the task waits, ``fetch.latency=0.2`` makes it 0.2 seconds; ``workers=1..1000`` asks for a curve.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from attrs import evolve, field, frozen

from pipeline_optimization.engine.quota import Quota, quota_of
from pipeline_optimization.errors import OptionError
from pipeline_optimization.foresight.step_work import StepWork
from pipeline_optimization.foresight.work import NOTHING, TaskWork, WorkModel
from pipeline_optimization.spelling_hint import did_you_mean
from pipeline_optimization.types.durations import Durations, constant

__all__ = ["SPEEDS", "Change", "WhatIf", "faster", "parse_what_if"]

OF_A_STEP = ("latency", "compute")
OF_A_QUOTA = ("limit", "rate")
OF_A_TASK = (*OF_A_STEP, "failure_rate", *OF_A_QUOTA)
ALLOWED = "TASK.latency=0.5x, TASK.compute=0.2 (seconds), TASK.failure_rate=0, TASK.limit=8, TASK.rate=50/s, workers=8, workers=1..1000 or retry=NAME"
MOST_WORKERS = 100_000

LIMIT = re.compile(r"\d{1,15}", re.ASCII)
"""Python refuses to convert a text of thousands of digits. No service allows so many calls anyway."""

SPEEDS = (0.75, 0.5, 0.25, 0.0)
"""What a task's times are multiplied by for the curve that tells which one is worth making faster."""

STEPS = (1, 2, 5)
"""The numbers of workers in each power of ten of a curve."""


@frozen(kw_only=True)
class Change:
    """One change of a task: ``what`` of it is multiplied by ``factor``, or is ``value`` instead if there is one."""

    task: str
    what: str
    factor: float = 1.0
    value: float | None = None

    def of(self, name: str, task: TaskWork) -> TaskWork:
        """Return a task as it is with the change, if that is of itself or of a step that its attempts run."""
        if self.task in task.steps and self.what != "failure_rate":
            return self._of_step(task, task.steps[self.task])
        return self._of_task(task) if self.task == name else task

    def _of_task(self, task: TaskWork) -> TaskWork:
        if self.what == "failure_rate":
            rate = task.failure_rate * self.factor if self.value is None else self.value
            return evolve(task, failure_rate=min(1.0, rate))
        if self.what == "compute":
            changed = evolve(task, compute=self._times(task.compute))
        elif self.value is None:
            changed = evolve(task, wait=self._times(task.wait), blocked=self._times(task.blocked))
        # One wait instead of both, of the kind that there was.
        elif task.blocked.most > 0 and task.wait.most == 0:
            changed = evolve(task, blocked=constant(self.value))
        else:
            changed = evolve(task, wait=constant(self.value), blocked=NOTHING)
        compute, wait, blocked = (
            _ratio(after.mean, before.mean) for after, before in zip(_times_of(changed), _times_of(task), strict=True)
        )
        steps = {one: step.times(compute=compute, wait=wait, blocked=blocked) for one, step in task.steps.items()}
        return evolve(changed, steps=steps)

    def _of_step(self, task: TaskWork, step: StepWork) -> TaskWork:
        value = None if self.value is None else self.value * step.calls
        if self.what == "compute":
            changed = evolve(step, compute=step.compute * self.factor if value is None else value)
        elif value is None:
            changed = step.times(wait=self.factor, blocked=self.factor)
        elif step.wait > 0:
            changed = evolve(step, wait=value, blocked=0.0)
        else:
            changed = evolve(step, blocked=value)
        return evolve(
            task,
            compute=_moved(task.compute, changed.compute - step.compute),
            wait=_moved(task.wait, changed.wait - step.wait),
            blocked=_moved(task.blocked, changed.blocked - step.blocked),
            steps={**task.steps, self.task: changed},
        )

    def _times(self, durations: Durations) -> Durations:
        return multiplied(durations, self.factor) if self.value is None else constant(self.value)


@frozen(kw_only=True)
class WhatIf:
    """All that shall be different: ``changes`` of tasks, their ``quotas``, the numbers of ``workers``, the names of ``retries``. Empty ones stay as they are.

    A quota replaces the limit or the rate that it has. Tasks that share theirs with the task share the new one.
    """

    changes: Sequence[Change] = ()
    quotas: Sequence[tuple[str, Quota]] = ()
    workers: Sequence[int] = ()
    retries: Sequence[str] = ()
    text: str = field(default="", eq=False)

    def of(self, work: WorkModel) -> WorkModel:
        """Return the changed work."""
        tasks = dict(work.tasks)
        for change in self.changes:
            tasks = {name: change.of(name, task) for name, task in tasks.items()}
        quotas = dict(work.quotas)
        for task, given in self.quotas:
            old = quotas.get(task, Quota())
            new = Quota(limit=given.limit or old.limit, rate=given.rate or old.rate)
            quotas |= dict.fromkeys((task, *(name for name, one in quotas.items() if one is old)), new)
        return evolve(work, tasks=tasks, quotas=quotas)


def parse_what_if(texts: Iterable[str], work: WorkModel) -> WhatIf:
    """Return what users ask for, each text one change of the work; all of them together.

    Raises:
        OptionError: If there is no such task, or a value is wrong; it says what is allowed.
    """
    changes: list[Change] = []
    quotas: list[tuple[str, Quota]] = []
    workers: list[int] = []
    retries: list[str] = []
    given = list(texts)
    for text in given:
        key, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not value:
            raise _wrong(text)
        if key == "workers":
            workers += _workers(text, value)
        elif key == "retry":
            retries.append(value)
        elif key.rpartition(".")[2] in OF_A_QUOTA:
            quotas.append(_quota(text, key, value, work))
        else:
            changes.append(_change(text, key, value, work))
    return WhatIf(changes=changes, quotas=quotas, workers=sorted(set(workers)), retries=retries, text=", ".join(given))


def _task_and_what(text: str, key: str, work: WorkModel) -> tuple[str, str]:
    """Return the task or step that a key such as ``fetch.limit`` names, and what of it."""
    task, dot, what = key.rpartition(".")
    if not dot:
        raise _wrong(text)
    if task not in work.names:
        raise OptionError(
            f"--what-if {text!r}: there is no task {task!r}. There are {', '.join(work.names)}.{did_you_mean(task, work.names)}"
        )
    return task, what


def _quota(text: str, key: str, value: str, work: WorkModel) -> tuple[str, Quota]:
    task, what = _task_and_what(text, key, work)
    if task not in work.tasks or work.tasks[task].is_bundled:
        raise OptionError(
            f"--what-if {text!r}: {task!r} has no attempts of its own, so that its calls are not counted. They are in runs of a task "
            "with @task(limit=) or @task(rate=), for which a large number will do."
        )
    limit = int(value) if what == "limit" and LIMIT.fullmatch(value) else None
    try:
        given = quota_of(limit, value if what == "rate" else None, None)
    except OptionError as error:
        raise OptionError(f"--what-if {text!r}: {error}") from error
    if given is None:
        raise OptionError(f"--what-if {text!r}: limit takes a whole number of calls of at least 1, not {value!r}.")
    return task, given


def _change(text: str, key: str, value: str, work: WorkModel) -> Change:
    task, what = _task_and_what(text, key, work)
    if what not in OF_A_TASK:
        raise OptionError(f"--what-if {text!r}: a task has {', '.join(OF_A_TASK)}.{did_you_mean(what, OF_A_TASK)}")
    if what == "failure_rate" and task not in work.tasks:
        raise OptionError(
            f"--what-if {text!r}: no call of {task!r} failed, and it has no attempts of its own, so that its failures are not "
            f"modelled. It has {', '.join(OF_A_STEP)}."
        )
    number = _number(value.removesuffix("x"))
    if number is None or (what == "failure_rate" and not value.endswith("x") and number > 1):
        allowed = (
            "from 0 to 1, or a factor such as 0.5x"
            if what == "failure_rate"
            else "seconds such as 0.2, or a factor such as 0.5x"
        )
        raise OptionError(f"--what-if {text!r}: {what} takes {allowed}, not {value!r}.")
    return (
        Change(task=task, what=what, factor=number)
        if value.endswith("x")
        else Change(task=task, what=what, value=number)
    )


def _times_of(task: TaskWork) -> Sequence[Durations]:
    return (task.compute, task.wait, task.blocked)


def _ratio(after: float, before: float) -> float:
    return after / before if before > 0 else 1.0


def _moved(durations: Durations, seconds: float) -> Durations:
    """Return a distribution whose mean is so many seconds longer, all of its times by the same factor."""
    mean = durations.mean
    if mean <= 0:
        return constant(seconds) if seconds > 0 else durations
    return multiplied(durations, max(0.0, (mean + seconds) / mean))


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _workers(text: str, value: str) -> Sequence[int]:
    found = re.fullmatch(r"(\d{1,6})(?:\.\.(\d{1,6}))?", value)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1 <= first <= last <= MOST_WORKERS:
        raise OptionError(
            f"--what-if {text!r}: workers takes a number from 1 to {MOST_WORKERS:,} such as 8, or a range such as 1..1000."
        )
    steps = (step * 10**power for power in range(6) for step in STEPS)
    return sorted({first, *(step for step in steps if first < step < last), last})


def _wrong(text: str) -> OptionError:
    return OptionError(f"--what-if {text!r} is no change. Allowed are {ALLOWED}.")


@frozen
class _Multiplied:
    """A distribution whose times are all multiplied."""

    base: Durations
    factor: float

    @property
    def least(self) -> float:
        return self.base.least * self.factor

    @property
    def most(self) -> float:
        return self.base.most * self.factor

    @property
    def mean(self) -> float:
        return self.base.mean * self.factor

    def at(self, share: float) -> float:
        return self.base.at(share) * self.factor


def multiplied(durations: Durations, factor: float) -> Durations:
    """Return a distribution whose times are all multiplied."""
    if factor == 0:
        return NOTHING
    return durations if factor == 1 else _Multiplied(durations, factor)


def faster(work: WorkModel, seconds_of: Callable[[WorkModel], float]) -> Mapping[str, Sequence[float]]:
    """Return, for each task and step, what the run would take if its times were each of ``SPEEDS`` of what they are.

    The question is that of Coz (Curtsinger and Berger, SOSP 2015): which part is worth making faster? A task beside which others keep the run
    busy gains nothing. Tasks that take no time are left out.
    """
    found = {}
    for name in work.names:
        if _takes_time(work, name):
            changes = [
                [Change(task=name, what=what, factor=speed) for what in ("latency", "compute")] for speed in SPEEDS
            ]
            found[name] = [seconds_of(WhatIf(changes=one).of(work)) for one in changes]
    return found


def _takes_time(work: WorkModel, name: str) -> bool:
    task = work.tasks.get(name)
    if task is not None and any(times.most > 0 for times in _times_of(task)):
        return True
    return any(one.steps[name].seconds > 0 for one in work.tasks.values() if name in one.steps)
