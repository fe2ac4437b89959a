"""How long attempts wait for what they await.

What an event loop runs beside an attempt is not the attempt's own time, so what is measured are its steps: from each moment at which the loop
goes on with its coroutine to the next ``await`` that has to wait. Tasks that a user's
coroutine starts itself count as awaited.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

__all__ = ["OfThread", "Steps", "ThreadTime", "as_if_here", "metered", "noted", "of_thread"]

R = TypeVar("R")

LEAST_STALL = 1e-4
"""Seconds that a thread must stand still to be told: less is what asking for it takes."""


class OfThread(threading.local):
    """The nanoseconds so far in which the thread awaited something, in event loops of an attempt's own."""

    waited = 0
    is_timed = False


of_thread = OfThread()
"""A worker looks at it before an attempt and after it."""


class ThreadTime:
    """How this thread spends its time from now on until ``end``."""

    def __init__(self) -> None:
        self._waited, self._before = of_thread.waited, of_thread.is_timed
        of_thread.is_timed = True
        self._begun, self._busy = time.monotonic_ns(), time.thread_time_ns()

    def end(self) -> None:
        """Let the thread be timed as it was before: a function may run a pipeline itself."""
        of_thread.is_timed = self._before

    @property
    def waited(self) -> float:
        """Return the seconds in which it awaited something."""
        return (of_thread.waited - self._waited) / 1e9

    @property
    def stalled(self) -> float:
        """Return the seconds in which it neither computed nor awaited: a function blocked it, or others had the core or the lock."""
        busy = time.thread_time_ns() - self._busy
        stalled = (time.monotonic_ns() - self._begun - busy) / 1e9 - self.waited
        return stalled if stalled > LEAST_STALL else 0.0


def as_if_here(run: Callable[[], R]) -> tuple[Callable[[], R], Callable[[], None]]:
    """Return what runs something in another thread for an attempt of this one, and what adds up here afterwards how long it waited there."""
    is_timed, there = of_thread.is_timed, [0]

    def elsewhere() -> R:
        of_thread.is_timed, before = is_timed, of_thread.waited
        try:
            return run()
        finally:
            there[0] = of_thread.waited - before

    def add_up() -> None:
        of_thread.waited += there[0]

    return elsewhere, add_up


class Steps(Generic[R]):
    """An awaitable that runs a coroutine, and knows for how many nanoseconds that ran itself (``ran``) and waited (``waited``)."""

    def __init__(self, coroutine: Coroutine[Any, Any, R]) -> None:
        self._coroutine = coroutine
        self._begun = time.monotonic_ns()
        self.ran = 0

    @property
    def waited(self) -> int:
        """Return the nanoseconds since this was made in which the coroutine did not run."""
        return max(0, time.monotonic_ns() - self._begun - self.ran)

    def __await__(self) -> Generator[Any, Any, R]:
        coroutine = self._coroutine
        given: Any = None
        error: BaseException | None = None
        before = steps_here.set(self)
        try:
            while True:
                begun = time.monotonic_ns()
                try:
                    asked = coroutine.send(given) if error is None else coroutine.throw(error)
                except StopIteration as end:
                    return end.value  # type: ignore[no-any-return]  # as generators have it
                finally:
                    self.ran += time.monotonic_ns() - begun
                given = error = None
                try:
                    given = yield asked
                except GeneratorExit:
                    raise
                except BaseException as thrown:  # noqa: BLE001 - it is the coroutine's
                    error = thrown
        finally:
            steps_here.reset(before)
            coroutine.close()


steps_here: ContextVar[Steps[Any] | None] = ContextVar("steps_here", default=None)
"""Those of the attempt in whose context something runs, if they are measured."""


def metered(start: Callable[[], Coroutine[Any, Any, R]]) -> Coroutine[Any, Any, R]:
    """Return what to run in a task of its own, so that its steps count as those of the attempt that starts it here."""
    attempt = steps_here.get()
    return start() if attempt is None else _metered(start, attempt)


async def _metered(start: Callable[[], Coroutine[Any, Any, R]], attempt: Steps[Any]) -> R:
    steps = Steps(
        start()
    )  # only now: a task that is cancelled before its first step would leave a coroutine that nobody has awaited
    try:
        return await steps
    finally:
        attempt.ran += steps.ran  # an event loop runs one step at a time, so these were in none of the attempt's own


@contextmanager
def noted(coroutine: Coroutine[Any, Any, R]) -> Iterator[Awaitable[R]]:
    """Give what runs a coroutine in a loop of its own thread, and note for the thread how long that waited, if it is timed."""
    if not of_thread.is_timed:
        yield coroutine
        return
    steps = Steps(coroutine)
    try:
        yield steps
    finally:
        of_thread.waited += steps.waited
