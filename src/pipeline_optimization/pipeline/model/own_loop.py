"""Runs a coroutine to its end in an event loop of its own, whether or not the thread has one that runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from pipeline_optimization.own_thread import call_in_thread

__all__ = ["run_to_end"]

R = TypeVar("R")


def run_to_end(start: Callable[[], Coroutine[Any, Any, R]], timeout: float | None) -> R:
    """Return what a coroutine returns, which is cancelled after ``timeout`` seconds; it is started where it runs.

    A thread has one running loop at most. Beside one, as in a notebook, the coroutine runs in a thread of its own.
    """

    def run() -> R:
        async def limited() -> R:
            return await asyncio.wait_for(start(), timeout)

        return asyncio.run(limited())

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return run()
    future, _ = call_in_thread(run, "pipeline-loop")
    return future.result()
