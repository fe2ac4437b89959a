"""Measures how long attempts wait, as opposed to compute.

An event loop runs many attempts alternately, so the time from the start of a coroutine to its end belongs to others as well. Only its *turns*
belong to the coroutine alone. A turn begins when the loop continues the coroutine, and ends at the next ``await`` that has to wait::

    coroutine   |-turn-|....................|-turn-|............|-turn-|
    others      .......|-turn-|-turn-|...................|-turn-|........

All other time of the attempt is waiting. If a user's coroutine starts asyncio tasks itself, their time counts as waiting, too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

__all__ = [
    "ThreadTime",
    "ThreadWaits",
    "Turns",
    "counted_for_this_thread",
    "counting_waits",
    "metered",
    "thread_waits",
    "turns_here",
]

R = TypeVar("R")

LEAST_STALL = 1e-4
"""The least time in seconds that counts as a stall. Shorter ones do not matter to anybody, and the lines of events are shorter without them."""


class ThreadWaits(threading.local):
    """What each thread knows of its own time.

    Attributes:
        waited_ns: The nanoseconds so far in which the thread waited in event loops that its attempts ran.
        is_timed: Whether somebody wants to know it.
    """

    waited_ns = 0
    is_timed = False


thread_waits = ThreadWaits()
"""The values of the calling thread. A worker reads them before an attempt and after it."""


class ThreadTime:
    """Measures how the calling thread spends its time, from now on.

    ``waited`` and ``stalled`` are the seconds up to the moment at which they are read. Read them before ``end``: after it, event loops do not
    count their waits any more, and these would be taken for stalls.
    """

    def __init__(self) -> None:
        self._was_timed = thread_waits.is_timed
        thread_waits.is_timed = True
        self._waited_before_ns = thread_waits.waited_ns
        self._begun, self._busy = time.monotonic_ns(), time.thread_time_ns()

    def end(self) -> None:
        """End the measurement. If another one is under way, it goes on: an attempt may run a pipeline itself."""
        thread_waits.is_timed = self._was_timed

    @property
    def waited(self) -> float:
        """Return the seconds in which the thread waited in an event loop."""
        return (thread_waits.waited_ns - self._waited_before_ns) / 1e9

    @property
    def stalled(self) -> float:
        """Return the seconds in which the thread neither computed nor waited in an event loop.

        Either a function blocked it, or other threads had the processor core or the interpreter's lock.
        """
        took = time.monotonic_ns() - self._begun
        # An attempt that was as short cannot have stalled. To ask the system for the thread's time would take longer than all the rest of this.
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
    is_timed = thread_waits.is_timed
    waited_there_ns = 0

    def elsewhere() -> R:
        nonlocal waited_there_ns
        was_timed, before_ns = thread_waits.is_timed, thread_waits.waited_ns
        thread_waits.is_timed = is_timed
        try:
            return run()
        finally:
            waited_there_ns = thread_waits.waited_ns - before_ns
            thread_waits.is_timed = was_timed  # the thread may be a pool's, which does other work afterwards

    def add_up() -> None:
        thread_waits.waited_ns += waited_there_ns

    return elsewhere, add_up


class Turns(Generic[R]):
    """An awaitable that runs a coroutine and measures its turns. ``ran_ns`` is the sum of the turns that have ended, in nanoseconds."""

    def __init__(self, coroutine: Coroutine[Any, Any, R]) -> None:
        self._coroutine = coroutine
        self._begun = time.monotonic_ns()
        self._since = self._begun
        self.ran_ns = 0

    def so_far(self) -> tuple[int, int]:
        """Return for how many nanoseconds the coroutine has run and waited. The coroutine itself may ask this while it runs."""
        now = time.monotonic_ns()
        ran = self.ran_ns + now - self._since
        return ran, max(0, now - self._begun - ran)

    @property
    def waited_ns(self) -> int:
        """Return for how many nanoseconds the coroutine has not run since this object was made. Ask between two turns, or after the last."""
        return max(0, time.monotonic_ns() - self._begun - self.ran_ns)

    def __await__(self) -> Generator[Any, Any, R]:
        # This is what ``yield from`` does (PEP 380), with a look at the clock around each turn.
        coroutine = self._coroutine
        given: Any = None
        error: BaseException | None = None
        before = turns_here.set(self)
        try:
            while True:
                begun = self._since = time.monotonic_ns()
                try:
                    asked = coroutine.send(given) if error is None else coroutine.throw(error)
                except StopIteration as end:
                    return end.value  # type: ignore[no-any-return]  # StopIteration has no type for its value
                finally:
                    self.ran_ns += time.monotonic_ns() - begun
                given = error = None
                try:
                    given = yield asked
                except GeneratorExit:
                    raise
                except BaseException as thrown:  # noqa: BLE001 - it is raised in the coroutine, at its next turn
                    error = thrown
        finally:
            # If the garbage collector closes this, it does so in another context, and ``reset`` raises an error. The coroutine is closed first,
            # so that it is closed all the same.
            try:
                coroutine.close()
            finally:
                turns_here.reset(before)


turns_here: ContextVar[Turns[Any] | None] = ContextVar("turns_here", default=None)
"""The turns of the present attempt, or of an asyncio task that it has started through ``metered``; None if they are not measured."""


def metered(start: Callable[[], Coroutine[Any, Any, R]]) -> Coroutine[Any, Any, R]:
    """Return a coroutine for an asyncio task. Its turns count as those of the attempt that starts the task here."""
    attempt = turns_here.get()
    return start() if attempt is None else _metered(start, attempt)


async def _metered(start: Callable[[], Coroutine[Any, Any, R]], attempt: Turns[Any]) -> R:
    # The coroutine is made here and not in ``metered``. If the asyncio task were cancelled before its first turn, nobody would await a
    # coroutine that exists already, and Python would warn of it.
    turns = Turns(start())
    try:
        return await turns
    finally:
        # An event loop runs one turn at a time. So these turns overlap with none of the attempt's own, and can be added.
        attempt.ran_ns += turns.ran_ns


@contextmanager
def counting_waits(coroutine: Coroutine[Any, Any, R]) -> Iterator[Awaitable[R]]:
    """Give an awaitable for a coroutine that this thread runs in an event loop of its own, and count its waiting as the thread's."""
    if not thread_waits.is_timed:
        yield coroutine
        return
    turns = Turns(coroutine)
    try:
        yield turns
    finally:
        thread_waits.waited_ns += turns.waited_ns
