"""Runs coroutines to their end in an event loop of their own, even if the thread has a running loop already."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from pipeline_optimization.engine.waiting import counted_for_this_thread, counting_waits
from pipeline_optimization.own_thread import call_in_thread

__all__ = ["OwnLoop", "run_to_end"]

R = TypeVar("R")

Start = Callable[[], Coroutine[Any, Any, R]]


def run_to_end(start: Start[R], timeout: float | None) -> R:
    """Run a coroutine and return its result. It is cancelled after ``timeout`` seconds. ``start`` is called inside the loop."""

    async def limited() -> R:
        with counting_waits(start()) as counted:
            return await asyncio.wait_for(counted, timeout)

    return _beside_any_loop(lambda: asyncio.run(limited()))


class OwnLoop:
    """An event loop that runs one coroutine after another, and keeps open what they leave open in it."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._task: asyncio.Task[Any] | None = None
        self.is_running = False

    def run(self, start: Start[R], timeout: float | None = None) -> R:
        """Do what ``run_to_end`` does, in this loop."""

        async def limited() -> R:
            self._task = asyncio.current_task()
            with counting_waits(start()) as counted:
                result = await asyncio.wait_for(counted, timeout)
            self._task = None
            return result

        self.is_running = True
        try:
            return _beside_any_loop(lambda: self._runner.run(limited()))
        finally:
            self.is_running = False

    def close(self, last: Start[None]) -> None:
        """Cancel a coroutine that a signal interrupted, run one more coroutine, and close the loop."""
        torn = self._task

        async def end() -> None:
            if torn is not None and not torn.done():
                torn.cancel()
                await asyncio.wait([torn], timeout=1.0)
            await last()

        try:
            self.run(end)
        finally:
            _beside_any_loop(self._runner.close)


def _beside_any_loop(run: Callable[[], R]) -> R:
    """Call a function that runs an event loop, in another thread if this one runs a loop already, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return run()
    elsewhere, add_up = counted_for_this_thread(run)
    future, _ = call_in_thread(elsewhere, "pipeline-loop")
    try:
        return future.result()
    finally:
        add_up()
