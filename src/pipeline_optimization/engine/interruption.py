"""Signals that never tear a commit: they strike where nothing is half done, and are put off elsewhere."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from types import FrameType, TracebackType
from typing import Any, Protocol, Self

from pipeline_optimization.engine.stopping import Stop

__all__ = ["Interruption", "interrupt"]


def interrupt(signum: int, frame: FrameType | None) -> None:
    """Handle a signal by raising KeyboardInterrupt, which holds its number."""
    raise KeyboardInterrupt(signum)


DEFAULTS = (signal.default_int_handler, signal.SIG_DFL, interrupt)


class Stoppable(Protocol):
    """What can be told why it ended early."""

    stop: Stop | None


class Interruption:
    """While entered, the first signal raises KeyboardInterrupt only inside ``allowed()``; elsewhere it is remembered.

    A second one raises at once, wherever that is. Only in the main thread, and only where a signal's default or
    ``interrupt`` was in force: a program that handles it in its own way keeps doing so. Leaving restores what was.
    """

    def __init__(self, signals: Sequence[int] = (signal.SIGINT,)) -> None:
        self._signals = signals
        self._installed: list[tuple[int, Any]] = []
        self._gate = _Gate()
        self._received: int | None = None
        self._is_insistent = False

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in self._signals:
                before = signal.getsignal(number)
                if before in DEFAULTS:
                    signal.signal(number, self._handle)
                    self._installed.append((number, before))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, before in self._installed:
            signal.signal(number, before)

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        if self._received is not None:
            self._is_insistent = True
            raise KeyboardInterrupt(signum)
        self._received = signum
        if self._gate.is_open:
            raise KeyboardInterrupt(signum)
        self._gate.waiting = signum

    def notice(self) -> Stop | None:
        """Return what a signal asked for, if there was one; it will not raise any more."""
        self._gate.waiting = None
        return None if self._received is None else self._stop()

    def _stop(self) -> Stop:
        # Without a signal it was a KeyboardInterrupt that somebody raised.
        if self._received == signal.SIGTERM:
            return Stop("terminated", "it was asked to end (SIGTERM)")
        return Stop("interrupted", "it was interrupted")

    @contextmanager
    def stopping(self, who: Stoppable) -> Iterator[None]:
        """Take a KeyboardInterrupt as the reason to stop, unless a second signal raised it: it may have torn something."""
        try:
            yield
        except KeyboardInterrupt:
            if self._is_insistent:
                raise
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
