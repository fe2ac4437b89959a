"""The places of an event loop, which bound how many calls of tasks are awaited in it at once.

They have nothing to do with the ``place`` of an item, which says where in the input the item comes from.

An event loop has as many places as its orchestrator has slots. An attempt holds one place from its start to its end. An attempt of a
bundle awaits several elements at once, and takes one more place for each element beyond the first.
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
    """The places of one event loop. All methods are called in the thread of the loop.

    When a place becomes free, attempts of single items get it first: bundles have led to them, so they end what has begun. Next come bundles
    that are under way, the oldest first, so that few bundles are open at once. Bundles that have not begun come last.

    ``free`` is the number of places that nobody has.
    """

    free: int
    _singles: deque[asyncio.Future[None]] = field(factory=deque, init=False)
    _bundles: deque[asyncio.Future[None]] = field(factory=deque, init=False)
    # For each bundle that wants one more place, the function to call when there is one. A dict is a set that keeps its order.
    _wanting: dict[Callable[[], None], None] = field(factory=dict, init=False)

    async def enter(self, *, is_bundle: bool) -> None:
        """Wait for a place for an attempt. At the end of the attempt, ``give_back`` frees it."""
        others_go_first = bool(self._singles) or (is_bundle and bool(self._wanting or self._bundles))
        if self.free and not others_go_first:
            self.free -= 1
            return
        queue = self._bundles if is_bundle else self._singles
        turn = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            # If the place was given just before the cancellation, it must go to the next one.
            if not turn.cancelled():
                self.give_back()
            elif turn in queue:  # otherwise bundles would see it in ``has_waiting_single``, and give back places for it
                queue.remove(turn)
            raise

    @property
    def has_waiting_single(self) -> bool:
        """Return whether an attempt of a single item waits for a place. If so, bundles give back places that they have beyond their first."""
        return bool(self._singles)

    def try_to_take(self) -> bool:
        """Take one more place for a bundle under way, and return whether there was one."""
        if not self.free or self._singles:
            return False
        self.free -= 1
        return True

    def want(self, wake: Callable[[], None]) -> None:
        """Call ``wake`` whenever there is one more place for a bundle under way, until ``want_no_more``."""
        self._wanting[wake] = None

    def want_no_more(self, wake: Callable[[], None]) -> None:
        """Do not call ``wake`` any more."""
        if wake in self._wanting:
            del self._wanting[wake]
            # The bundle may have been woken for a place that it has not taken. Another one gets it.
            self._serve()

    def give_back(self) -> None:
        """Free a place."""
        self.free += 1
        self._serve()

    def _serve(self) -> None:
        """Give the free places to the attempts that wait for one, in the order that the class says."""
        while self.free:
            if self._singles:
                turn = self._singles.popleft()
            elif self._wanting:
                # This only wakes the bundle. It takes the place itself when its coroutine runs, since it may have no element for it any more.
                # Until then the place stays free, and is offered to nobody else. Another attempt that asks for a place meanwhile may get it.
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
    """What an attempt may use of the event loop that runs it.

    Attributes:
        places: The places of the loop.
        interruptible: Returns a context in which a signal may interrupt a function of the task.
    """

    places: Places
    interruptible: Callable[[], AbstractContextManager[None]] = nullcontext

    async def host(self, attempt: Attempt, run: Callable[[Attempt], Awaitable[None]]) -> None:
        """Wait for a place for an attempt, run it, and free the place.

        Args:
            attempt: The attempt.
            run: Runs it. Inside, ``event_loop_here`` is this object.
        """
        await self.places.enter(is_bundle=attempt.is_bundle)
        try:
            # It need not be reset. The attempt runs in an asyncio task of its own, and the value ends with that.
            event_loop_here.set(self)
            await run(attempt)
        finally:
            self.places.give_back()


event_loop_here: ContextVar[EventLoopHere | None] = ContextVar("event_loop_here", default=None)
"""The event loop of the present attempt; None if its orchestrator sets none."""
