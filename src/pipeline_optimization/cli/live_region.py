"""The foot of a terminal: lines that are drawn again and again, while everything else that is written goes above them."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from typing import Self, TextIO, cast

from pipeline_optimization.cli.columns import wanted_columns

__all__ = ["LiveRegion"]


class LiveRegion:
    """Draws on a stream, and stands before it meanwhile, so that who writes to it tears nothing: a log record, a task that prints.

    Nothing can be done about processes that write to the terminal themselves.

    Args:
        name: ``stdout`` or ``stderr``, the stream of ``sys`` in whose place the region stands.
    """

    def __init__(self, name: str = "stderr") -> None:
        self._name = name
        self._stream: TextIO = getattr(sys, name)
        self._lock = threading.RLock()
        self._lines: Sequence[str] = ()
        self._is_line_open = False
        self._process = os.getpid()

    def __enter__(self) -> Self:
        setattr(sys, self._name, cast("TextIO", _Above(self, self._stream)))
        return self

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._erase()
            self._stream.flush()
        setattr(sys, self._name, self._stream)

    @property
    def size(self) -> tuple[int, int]:
        """Return how many columns and lines may be used; ``COLUMNS`` may ask for fewer than the terminal has."""
        columns, lines = self._terminal
        return min(columns, wanted_columns() or columns), lines

    @property
    def _terminal(self) -> tuple[int, int]:
        size = os.get_terminal_size(self._stream.fileno())
        return size.columns or 80, size.lines or 24  # some terminals say that they have none

    def draw(self, lines: Sequence[str]) -> None:
        """Show lines, each cut to the width of the terminal, in the place of those that are shown.

        Nothing is drawn while somebody else has begun a line: it would be torn.
        """
        columns, rows = self.size
        with self._lock:
            if self._is_line_open:
                return
            shown = [line[: columns - 1] for line in lines[: rows - 1]]
            text = self._erasing() + "\n".join(shown)
            self._lines = shown
            self._stream.write(text)
            self._stream.flush()

    def write_above(self, text: str) -> int:
        """Write what is not of the region, which is drawn again afterwards. A fork knows nothing of what is drawn by now."""
        if os.getpid() != self._process:
            return self._stream.write(text)
        with self._lock:
            self._erase()
            self._is_line_open = not text.endswith("\n") if text else self._is_line_open
            return self._stream.write(text)

    def _erase(self) -> None:
        if self._lines:
            self._stream.write(self._erasing())
            self._lines = ()

    def _erasing(self) -> str:
        """Return what takes the region away. A terminal that has become narrower has wrapped its lines."""
        if not self._lines:
            return ""
        columns, _ = self._terminal
        rows = sum(max(1, -(-len(line) // columns)) for line in self._lines)
        return "\r\x1b[K" if rows == 1 else f"\r\x1b[{rows - 1}A\x1b[J"


class _Above:
    """Stands in the place of a region's stream."""

    def __init__(self, region: LiveRegion, stream: TextIO) -> None:
        self._region = region
        self._stream = stream

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    def write(self, text: str, /) -> int:
        return self._region.write_above(text)
