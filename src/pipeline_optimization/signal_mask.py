"""Puts the signals that ask a run to end off, where nobody can handle them."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["stop_signals_blocked"]


@contextmanager
def stop_signals_blocked() -> Iterator[None]:
    """Let SIGINT and SIGTERM wait in this thread, and for good in processes started meanwhile: they inherit the mask.

    Does nothing where there are no masks.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
