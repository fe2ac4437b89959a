"""Ctrl-C that never tears a commit: it strikes while the engine waits, and is put off while it works."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Self

__all__ = ["Interruption"]


class Interruption:
    """While entered, SIGINT raises KeyboardInterrupt only inside ``allowed()``; elsewhere it is remembered.

    A second Ctrl-C raises at once. Only in the main thread, and only where Python's own handler was installed: a
    program that handles SIGINT in its own way keeps doing so. Leaving restores the handler.
    """

    def __init__(self) -> None:
        self.is_requested = False
        self._is_allowed = False
        self._is_installed = False

    def __enter__(self) -> Self:
        is_main = threading.current_thread() is threading.main_thread()
        if is_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._handle)
            self._is_installed = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_installed:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        is_second = self.is_requested
        self.is_requested = True
        if self._is_allowed or is_second:
            raise KeyboardInterrupt

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """Mark a place where nothing is half done."""
        self._is_allowed = True
        try:
            if self.is_requested:
                raise KeyboardInterrupt
            yield
        finally:
            self._is_allowed = False
