"""Measures how long attempts wait, as opposed to compute.

An event loop runs many attempts in turn, so the time from the start of a coroutine to its end belongs to others as well. What belongs to the
coroutine alone are its steps: each goes from the moment at which the loop continues the coroutine to the next ``await`` that has
to wait. All other time of the attempt is waiting. If a user's coroutine starts asyncio tasks itself, their time counts as waiting, too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

__all__ = [
    "Steps",
    "ThreadTime",
    "ThreadWaits",
    "counted_for_this_thread",
    "counting_waits",
    "metered",
    "steps_here",
    "thread_waits",
]

R = TypeVar("R")

LEAST_STALL = 1e-4
"""The least time in seconds that counts as a stall. The measurement itself takes nearly as long."""


class ThreadWaits(threading.local):
    """What each thread knows of its own time.

    Attributes:
        waited: The nanoseconds so far in which the thread waited in event loops that its attempts ran.
        is_timed: Whether somebody wants to know it.
    """

    waited = 0
    is_timed = False


thread_waits = ThreadWaits()
"""The values of the calling thread. A worker reads them before an attempt and after it."""


class ThreadTime:
    """Measures how the calling thread spends its time, from now on until ``end``."""

    def __init__(self) -> None:
        self._waited, self._before = thread_waits.waited, thread_waits.is_timed
        thread_waits.is_timed = True
        self._begun, self._busy = time.monotonic_ns(), time.thread_time_ns()

    def end(self) -> None:
        """End the measurement. If another one is under way, it goes on: an attempt may run a pipeline itself."""
        thread_waits.is_timed = self._before

    @property
    def waited(self) -> float:
        """Return the seconds in which the thread waited in an event loop."""
        return (thread_waits.waited - self._waited) / 1e9

    @property
    def stalled(self) -> float:
        """Return the seconds in which the thread neither computed nor waited in an event loop.

        Either a function blocked it, or other threads had the processor core or the interpreter's lock.
        """
        took = time.monotonic_ns() - self._begun
        # To ask the system for the thread's time would take longer than all the rest of this.
        if took <= LEAST_STALL * 1e9:
            return 0.0
        # The thread computed (its processor time), waited in an event loop, or else stalled.
        busy = time.thread_time_ns() - self._busy
        stalled = (took - busy) / 1e9 - self.waited
        return stalled if stalled > LEAST_STALL else 0.0


def counted_for_this_thread(run: Callable[[], R]) -> tuple[Callable[[], R], Callable[[], None]]:
    """Prepare to run a part of this thread's attempt in another thread, so that its waiting counts as this thread's.

    Args:
        run: What to run.

    Returns:
        A function that calls ``run`` in the other thread, and a function to call here afterwards, which adds its waiting up.
    """
    is_timed, there = thread_waits.is_timed, [0]

    def elsewhere() -> R:
        was_timed, waited = thread_waits.is_timed, thread_waits.waited
        thread_waits.is_timed = is_timed
        try:
            return run()
        finally:
            there[0] = thread_waits.waited - waited
            thread_waits.is_timed = was_timed

    def add_up() -> None:
        thread_waits.waited += there[0]

    return elsewhere, add_up


class Steps(Generic[R]):
    """An awaitable that runs a coroutine and measures its steps. ``ran`` is the sum of the steps, in nanoseconds."""

    def __init__(self, coroutine: Coroutine[Any, Any, R]) -> None:
        self._coroutine = coroutine
        self._begun = time.monotonic_ns()
        self._since = self._begun
        self.ran = 0

    def so_far(self) -> tuple[int, int]:
        """Return for how many nanoseconds the coroutine has run and waited. The coroutine itself may ask this while it runs."""
        now = time.monotonic_ns()
        ran = self.ran + now - self._since
        return ran, max(0, now - self._begun - ran)

    @property
    def waited(self) -> int:
        """Return for how many nanoseconds the coroutine has not run since this object was made."""
        return max(0, time.monotonic_ns() - self._begun - self.ran)

    def __await__(self) -> Generator[Any, Any, R]:
        # This is what ``yield from`` does (PEP 380), with a look at the clock around each step.
        coroutine = self._coroutine
        given: Any = None
        error: BaseException | None = None
        before = steps_here.set(self)
        try:
            while True:
                begun = self._since = time.monotonic_ns()
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
                except BaseException as thrown:  # noqa: BLE001 - it is raised in the coroutine, as at its next step
                    error = thrown
        finally:
            # If the garbage collector closes this, ``reset`` raises an error: it is another context.
            try:
                coroutine.close()
            finally:
                steps_here.reset(before)


steps_here: ContextVar[Steps[Any] | None] = ContextVar("steps_here", default=None)
"""The steps of the present attempt; None if they are not measured."""


def metered(start: Callable[[], Coroutine[Any, Any, R]]) -> Coroutine[Any, Any, R]:
    """Return a coroutine for an asyncio task, whose steps count as those of the attempt that starts the task here."""
    attempt = steps_here.get()
    return start() if attempt is None else _metered(start, attempt)


async def _metered(start: Callable[[], Coroutine[Any, Any, R]], attempt: Steps[Any]) -> R:
    # The coroutine is made here and not in ``metered``. If the asyncio task were cancelled before its first step, nobody would await a
    # coroutine that exists already, and Python would warn of it.
    steps = Steps(start())
    try:
        return await steps
    finally:
        # An event loop runs one step at a time. So these steps overlap with none of the attempt's own, and can be added.
        attempt.ran += steps.ran


@contextmanager
def counting_waits(coroutine: Coroutine[Any, Any, R]) -> Iterator[Awaitable[R]]:
    """Give an awaitable for a coroutine that this thread runs in an event loop of its own, and count its waiting as the thread's."""
    if not thread_waits.is_timed:
        yield coroutine
        return
    steps = Steps(coroutine)
    try:
        yield steps
    finally:
        thread_waits.waited += steps.waited
