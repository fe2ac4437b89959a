"""Keeps the signals that ask a run to end from processes that cannot handle them yet."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["live_on_until_told", "stop_signals_blocked"]


@contextmanager
def stop_signals_blocked() -> Iterator[None]:
    """Put SIGINT and SIGTERM off in this thread, and for good in processes started meanwhile: they inherit the mask.

    A terminal sends Ctrl-C, and a service manager SIGTERM, to all processes of a run. A worker that is hit before it handles
    them would print a traceback or die in its start. Does nothing where there are no masks.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def live_on_until_told() -> None:
    """Leave both signals to the parent, which lets attempts end within the grace period and then ends this process.

    SIGINT stays blocked and ignored, for the programs too that a task starts: a terminal sends it to them as well. SIGTERM
    gets a handler that does nothing, since a handler is not inherited by programs: a task can end those that it started.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: None)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
