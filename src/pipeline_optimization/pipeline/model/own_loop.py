"""Runs a coroutine to its end in an event loop of its own, whether or not the thread has one that runs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextvars import copy_context
from typing import Any, TypeVar

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
    future: Future[R] = Future()
    context = copy_context()

    def serve() -> None:
        try:
            future.set_result(context.run(run))
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is raised by result()
            future.set_exception(error)

    # Daemonic: after a Ctrl-C nobody waits for it.
    threading.Thread(target=serve, name="pipeline-loop", daemon=True).start()
    return future.result()
