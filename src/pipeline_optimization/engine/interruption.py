"""Signals that never tear a commit: they strike where nothing is half done, and are put off elsewhere."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from types import FrameType, TracebackType
from typing import Any, Protocol, Self

from pipeline_optimization.engine.stopping import Stop

__all__ = ["Interrupter", "Interruption", "is_of_a_signal"]

PATIENCE = 2.0
"""Seconds after which one more signal raises wherever that is: something that should have ended by then hangs."""


INTERRUPTED = Stop("interrupted", "it was interrupted")
STOPS: Mapping[int | None, Stop] = {
    signal.SIGTERM: Stop("terminated", "it was asked to end (SIGTERM)"),
    getattr(signal, "SIGHUP", None): Stop("hung_up", "its terminal went away (SIGHUP)"),
    None: INTERRUPTED,  # last, so that it stands where there is no SIGHUP
}

DEFAULTS = (signal.default_int_handler, signal.SIG_DFL)


def is_of_a_signal(error: KeyboardInterrupt) -> bool:
    """Return whether a signal raised an exception that came out of a task, as far as anybody can tell: the task may have, too.

    Signals strike in the main thread only, and not where they are ignored, as in worker processes. While an ``Interruption`` is
    entered, what a signal raises has its number.
    """
    if threading.current_thread() is not threading.main_thread():
        return False
    handler = signal.getsignal(signal.SIGINT)
    if isinstance(getattr(handler, "__self__", None), Interruption):
        return bool(error.args) and isinstance(error.args[0], int)
    return handler is not signal.SIG_IGN


class Interrupter:
    """A handler that raises KeyboardInterrupt with the signal's number, once for all signals in quick succession.

    Those that follow within ``PATIENCE`` seconds would strike what the first one made clean up.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = -math.inf

    def __call__(self, signum: int, frame: FrameType | None) -> None:
        if self._clock() - self._last >= PATIENCE:
            self.note()
            raise KeyboardInterrupt(signum)

    def note(self) -> None:
        """Take it that a signal has done its work just now."""
        self._last = self._clock()


class Stoppable(Protocol):
    """What can be told why it ended early."""

    stop: Stop | None


class Interruption:
    """While entered, a signal raises KeyboardInterrupt only inside ``allowed()``; elsewhere it is remembered.

    After a second signal, ``notice`` raises. So nothing is torn: not an orchestrator that starts or closes, nor a commit.
    Only if something hangs, so that one more signal comes ``PATIENCE`` seconds after the second, that one raises
    wherever it is.

    Only in the main thread, and only where a signal's default or an ``Interrupter`` was in force: a program that handles
    it in its own way keeps doing so. Leaving restores what was, and passes on a signal that nobody noticed.
    """

    def __init__(self, signals: Sequence[int] = (signal.SIGINT,), clock: Callable[[], float] = time.monotonic) -> None:
        self._signals = signals
        self._clock = clock
        self._installed: list[tuple[int, Any]] = []
        self._gate = _Gate()
        self._received: int | None = None
        self._is_noticed = False
        self._insistent_since = math.inf

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            try:
                for number in self._signals:
                    before = signal.getsignal(number)
                    if before in DEFAULTS or isinstance(before, Interrupter):
                        self._installed.append((number, before))
                        signal.signal(number, self._handle)
            except BaseException:
                self._restore()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore()
        if kind is None and self._received is not None and not self._is_noticed:
            signal.raise_signal(self._received)

    def _restore(self) -> None:
        with ExitStack() as handlers:  # puts all back, even if one that is back raises already
            for number, before in self._installed:
                handlers.callback(signal.signal, number, before)

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        for _, before in self._installed:
            if isinstance(before, Interrupter):
                before.note()
        if self._received is None:
            self._received = signum
        elif not self._is_insistent:
            self._insistent_since = self._clock()
        elif self._clock() - self._insistent_since >= PATIENCE:
            raise KeyboardInterrupt(signum)
        if self._gate.is_open:
            raise KeyboardInterrupt(signum)
        self._gate.waiting = signum

    @property
    def _is_insistent(self) -> bool:
        return self._insistent_since < math.inf

    def notice(self) -> Stop | None:
        """Return what a signal asked for, if there was one; it will not raise any more.

        Raises KeyboardInterrupt if there were two: somebody does not want to wait.
        """
        self._gate.waiting = None
        if self._received is None:
            return None
        self._is_noticed = True
        if self._is_insistent:
            raise KeyboardInterrupt(self._received)
        return self._stop()

    def _stop(self) -> Stop:
        # Without a signal it was a KeyboardInterrupt that somebody raised.
        return STOPS.get(self._received, INTERRUPTED)

    @contextmanager
    def stopping(self, who: Stoppable) -> Iterator[None]:
        """Take a KeyboardInterrupt as the reason to stop, unless somebody has struck twice and does not want to wait."""
        try:
            yield
        except KeyboardInterrupt:
            self._is_noticed = True
            if self._is_insistent:
                raise KeyboardInterrupt(self._received) from None
            who.stop = self._stop()

    def allowed(self) -> AbstractContextManager[None]:
        """Mark a place where nothing is half done."""
        return self._gate


class _Gate:
    """Lets a signal strike while it is entered. A generator would do, but takes thrice as long, twice for each attempt."""

    def __init__(self) -> None:
        self.is_open = False
        self.waiting: int | None = None

    def __enter__(self) -> None:
        try:
            self.is_open = True  # before the look, so that no signal stays unseen between them
            if self.waiting is not None:
                number, self.waiting = self.waiting, None
                raise KeyboardInterrupt(number)
        except BaseException:
            self.is_open = False
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.is_open = False
