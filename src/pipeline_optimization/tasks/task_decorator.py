"""``@task``: makes a function wait and fail at random, like a call to the outside world."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import Concatenate, ParamSpec, Protocol, TypeVar, cast

from attrs import frozen

from pipeline_optimization.engine.faults import TaskFaults
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
    """A decorated function, in three forms.

    Called, it blocks its thread for the simulated time; ``call_async`` awaits it instead, so that an event loop can
    have many calls wait at once; ``plain`` is the function itself, which neither waits nor fails.
    """

    plain: Callable[Concatenate[str, P], R]
    call_async: Callable[Concatenate[str, P], Coroutine[None, None, R]]
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
            _CALLS.pass_latency(name, faults, argument)
            return function(argument, *args, **kwargs)

        async def call_async(argument: str, /, *args: P.args, **kwargs: P.kwargs) -> R:
            await _CALLS.pass_latency_async(name, faults, argument)
            return function(argument, *args, **kwargs)

        decorated = cast("TaskFunction[P, R]", call)
        decorated.plain = function
        decorated.call_async = call_async
        decorated.spec = TaskSpec(name, faults)
        return decorated

    return decorate


task_decorator = task
"""The same under the name that files written against this layout may use."""
