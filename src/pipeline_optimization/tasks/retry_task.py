"""Calls that do not give up at the first injected fault."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Protocol, TypeVar

from pipeline_optimization.errors import InjectedFault

__all__ = ["ATTEMPTS", "AsyncTask", "retry", "retry_async"]

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

ATTEMPTS = 20
"""More than the faults of the exercise ever take: 0.25 to the power of 20 is below one in a billion."""


class AsyncTask(Protocol[R_co]):
    """A task that can be awaited."""

    @property
    def call_async(self) -> Callable[[str], Coroutine[None, None, R_co]]: ...


def retry(task: Callable[[str], R], argument: str, *, attempts: int = ATTEMPTS) -> R:
    """Call a task until it succeeds, at once again after each failure. Raises InjectedFault after the last attempt."""
    for _ in range(attempts - 1):
        try:
            return task(argument)
        except InjectedFault:
            continue
    return task(argument)


async def retry_async(task: AsyncTask[R], argument: str, *, attempts: int = ATTEMPTS) -> R:
    """Do the same while an event loop serves others."""
    for _ in range(attempts - 1):
        try:
            return await task.call_async(argument)
        except InjectedFault:
            continue
    return await task.call_async(argument)
