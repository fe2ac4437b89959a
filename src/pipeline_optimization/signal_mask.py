"""Puts the signals that ask a run to end off, where nobody can handle them."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

__all__ = ["STOP_SIGNALS", "stop_signals_blocked", "stop_signals_put_off"]

STOP_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""A Ctrl-C, a service manager's request to end, and a terminal that goes away."""


@contextmanager
def stop_signals_blocked() -> Iterator[None]:
    """Let the signals wait that ask a run to end, whoever handles them; at the end they strike.

    Handlers wait, so that none raises in the middle of something. The signals are blocked as well, since processes that
    are started meanwhile inherit the mask and keep it. Where there are no masks, handlers wait all the same; outside the
    main thread they never run.
    """
    with stop_signals_put_off():  # outside, since a mask holds for one thread: the system may give a signal to another
        if not hasattr(signal, "pthread_sigmask"):
            yield
            return
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        try:
            signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def stop_signals_put_off() -> Iterator[None]:
    """Note these signals instead of calling their handlers, which are called at the end.

    Unlike blocked signals, that is nothing which processes inherit that are started meanwhile.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    struck: list[int] = []

    def note(signum: int, frame: FrameType | None) -> None:
        struck.append(signum)

    try:
        with ExitStack() as handlers:  # which puts all of them back, even if one that is back raises already
            for number in STOP_SIGNALS:
                before = signal.getsignal(number)
                if callable(before) and not isinstance(before, signal.Handlers):
                    handlers.callback(signal.signal, number, before)
                    signal.signal(number, note)
            yield
    finally:
        for number in struck:
            signal.raise_signal(number)
