"""``@task``: makes a function wait and fail at random, like a call to the outside world."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar, cast

from attrs import frozen

from pipeline_optimization.engine.faults import TaskFaults
from pipeline_optimization.errors import InjectedFault
from pipeline_optimization.tasks.environment import DirectCalls

__all__ = ["TaskFunction", "TaskSpec", "task", "task_decorator"]

P = ParamSpec("P")
R = TypeVar("R")


@frozen
class TaskSpec:
    """A task's name and how it misbehaves under the profile ``exercise``."""

    name: str
    faults: TaskFaults


class TaskFunction(Protocol[P, R]):
    """A decorated function: ``plain`` is the function itself, which neither waits nor fails."""

    plain: Callable[Concatenate[str, P], R]
    spec: TaskSpec

    def __call__(self, argument: str, /, *args: P.args, **kwargs: P.kwargs) -> R: ...


_CALLS = DirectCalls()


def task(
    *, failure_rate: float = 0.0, sleep_time: float = 0.0
) -> Callable[[Callable[Concatenate[str, P], R]], TaskFunction[P, R]]:
    """Make calls of a function take ``sleep_time`` seconds and a share ``failure_rate`` of them raise InjectedFault.

    Both are scaled by the environment (see the package's docstring). The function's first argument is the text or word
    that the task works on; it keys the draws.
    """
    faults = TaskFaults(failure_rate, sleep_time)

    def decorate(function: Callable[Concatenate[str, P], R]) -> TaskFunction[P, R]:
        name = function.__name__

        @functools.wraps(function)
        def call(argument: str, /, *args: P.args, **kwargs: P.kwargs) -> R:
            draw = _CALLS.draw(name, faults, argument)
            if draw.latency > 0:
                time.sleep(draw.latency)
            if draw.fails:
                raise InjectedFault(f"{name} failed (simulated)")
            return function(argument, *args, **kwargs)

        decorated = cast("TaskFunction[P, R]", call)
        decorated.plain = function
        decorated.spec = TaskSpec(name, faults)
        return decorated

    return decorate


task_decorator = task
"""The same under the name that files written against this layout may use."""
