"""Places in an event loop: never more coroutines of tasks await in it at once than its orchestrator has slots.

An attempt holds one place from its start to its end. One that carries a bundle awaits several elements at once, and takes a further
place for each beyond the first.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar

from attrs import define, field, frozen

from pipeline_optimization.types import Attempt

__all__ = ["EventLoopHere", "Places", "event_loop_here"]


@define(eq=False)
class Places:
    """The places of one event loop, ``free`` of them at first. All methods are called in the thread of that loop.

    Who goes first where a place becomes free: attempts of single items, which bundles have led to; then bundles under way, the oldest first,
    so that few are open at once; then bundles that have not begun.
    """

    free: int
    _singles: deque[asyncio.Future[None]] = field(factory=deque, init=False)
    _bundles: deque[asyncio.Future[None]] = field(factory=deque, init=False)
    _wanting: dict[Callable[[], None], None] = field(factory=dict, init=False)  # ordered

    async def enter(self, *, is_bundle: bool) -> None:
        """Wait for the place of an attempt. The attempt gives it back at its end."""
        if self.free and not self._singles and not (is_bundle and (self._wanting or self._bundles)):
            self.free -= 1
            return
        queue = self._bundles if is_bundle else self._singles
        turn = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # its turn had come; one that had not is left out when it comes
                self.give_back()
            raise

    @property
    def are_wanted_first(self) -> bool:
        """Return whether an attempt of a single item waits for a place that a bundle has beyond its first."""
        return bool(self._singles)

    def take(self) -> bool:
        """Take a further place for a bundle under way, if there is one for it."""
        if not self.free or self._singles:
            return False
        self.free -= 1
        return True

    def want(self, wake: Callable[[], None]) -> None:
        """Have ``wake`` called when there is a place to take, until it is wanted no more."""
        self._wanting[wake] = None

    def want_no_more(self, wake: Callable[[], None]) -> None:
        if self._wanting.pop(wake, self) is None:
            self._serve()  # it may have been woken for a place that it has not taken

    def give_back(self) -> None:
        """Give a place back."""
        self.free += 1
        self._serve()

    def _serve(self) -> None:
        while self.free:
            if self._singles:
                turn = self._singles.popleft()
            elif self._wanting:
                next(iter(self._wanting))()
                return
            elif self._bundles:
                turn = self._bundles.popleft()
            else:
                return
            if not turn.done():
                self.free -= 1
                turn.set_result(None)


@frozen
class EventLoopHere:
    """What an attempt finds in the event loop that runs it: ``places``, and ``interruptible()``, in which a signal may strike its functions."""

    places: Places
    interruptible: Callable[[], AbstractContextManager[None]] = nullcontext

    async def host(self, attempt: Attempt, run: Callable[[Attempt], Awaitable[None]]) -> None:
        """Await ``run(attempt)`` once there is a place for it."""
        await self.places.enter(is_bundle=attempt.is_bundle)
        try:
            event_loop_here.set(self)
            await run(attempt)
        finally:
            self.places.give_back()


event_loop_here: ContextVar[EventLoopHere | None] = ContextVar("event_loop_here", default=None)
"""Tells it to the stage of an attempt that an orchestrator awaits; None where the orchestrator says nothing of places."""
