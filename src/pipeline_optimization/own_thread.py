"""Calls a function in a thread of its own, which does not keep the program from ending."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from typing import TypeVar

__all__ = ["call_in_thread"]

R = TypeVar("R")


def call_in_thread(function: Callable[[], R], name: str) -> tuple[Future[R], threading.Thread]:
    """Start a call in a thread that has the caller's context variables. Return a future of its result, and the thread.

    The thread is a daemon, so that a call that hangs does not keep the program from ending.
    """
    future: Future[R] = Future()
    context = copy_context()

    def work() -> None:
        try:
            result = context.run(function)
        except BaseException as error:  # noqa: BLE001 - even a KeyboardInterrupt is for the caller that waits
            future.set_exception(error)
        else:
            future.set_result(result)

    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    return future, thread
