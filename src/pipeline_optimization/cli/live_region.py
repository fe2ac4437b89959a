"""The foot of a terminal: lines that are drawn again and again, while everything else that is written goes above them."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Self, TextIO, cast

from pipeline_optimization.cli.output_width import wanted_columns

__all__ = ["LiveRegion"]


class LiveRegion:
    """Draws on a stream, and stands before it meanwhile, so that who writes to it tears nothing: a log record, a task that prints.

    What processes write to the terminal themselves, such as a worker's ``print``, is kept, though a burst of it may be mixed with lines of the region.

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
        try:
            with self._lock, suppress(OSError):  # a terminal may be gone by now
                self._erase()
                self._stream.flush()
        finally:
            setattr(sys, self._name, self._stream)

    @property
    def size(self) -> tuple[int, int]:
        """Return how many columns and lines may be used; ``COLUMNS`` may ask for fewer than the terminal has."""
        size = os.get_terminal_size(self._stream.fileno())
        columns, lines = size.columns or 80, size.lines or 24  # some terminals say that they have none
        return min(columns, wanted_columns() or columns), lines

    def draw(self, lines: Sequence[str]) -> None:
        """Show lines, each cut to the width of the terminal, in the place of those that are shown.

        Nothing is drawn while somebody else has begun a line: it would be torn.
        """
        columns, rows = self.size
        with self._lock:
            if self._is_line_open:
                return
            shown = [line[: columns - 1] for line in lines[: rows - 2]]
            text = self._erasing() + "\n".join(shown)
            if len(shown) > 1:
                # The cursor rests on an empty line above: what a process writes itself comes to stand there, and goes on standing.
                text = f"{self._erasing()}\n" + "\n".join(shown) + f"\r\x1b[{len(shown)}A"
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
        """Return what takes the region away, all of which is below the cursor if it has several lines."""
        if not self._lines:
            return ""
        return "\x1b[J" if len(self._lines) > 1 else "\r\x1b[K"


class _Above:
    """Stands in the place of a region's stream."""

    def __init__(self, region: LiveRegion, stream: TextIO) -> None:
        self._region = region
        self._stream = stream

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    def write(self, text: str, /) -> int:
        return self._region.write_above(text)
