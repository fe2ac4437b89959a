"""Delays the signals that ask a run to end, for moments at which they cannot be handled."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

__all__ = ["STOP_SIGNALS", "stop_signals_blocked", "stop_signals_put_off"]

STOP_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""The signals of Ctrl-C, of a service manager that asks to end, and of a terminal that goes away."""


@contextmanager
def stop_signals_blocked() -> Iterator[None]:
    """Delay the signals that ask a run to end, whatever handles them. They come at the end of the context.

    Handlers are delayed, so that none raises in the middle of something. The signals are also blocked, because processes that are started meanwhile
    inherit the mask and keep it. If the system has no masks, handlers are delayed all the same. Outside the main thread they never run.
    """
    with stop_signals_put_off():  # this is the outer context, because a mask holds for one thread, and the system may give a signal to another one
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

    Unlike blocked signals, processes that are started meanwhile do not inherit this.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    struck: list[int] = []

    def note(signum: int, frame: FrameType | None) -> None:
        struck.append(signum)

    try:
        with ExitStack() as handlers:  # it restores all of them, even if a restored one raises already
            for number in STOP_SIGNALS:
                before = signal.getsignal(number)
                if callable(before) and not isinstance(before, signal.Handlers):
                    handlers.callback(signal.signal, number, before)
                    signal.signal(number, note)
            yield
    finally:
        for number in struck:
            signal.raise_signal(number)
