"""Keeps Ctrl-C from processes that cannot handle it yet."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["sigint_blocked"]


@contextmanager
def sigint_blocked() -> Iterator[None]:
    """Put SIGINT off in this thread, and for good in processes started meanwhile: they inherit the mask.

    A worker that is hit before it ignores the signal would print a traceback. Does nothing where there are no masks.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
