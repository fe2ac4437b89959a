"""Lines at the foot of a terminal that are drawn again and again. Everything else that is written appears above them."""

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
    """Draws on a stream, and takes its place in ``sys`` meanwhile, so that a log record or a task's ``print`` tears no line.

    Other processes write to the terminal themselves, such as a worker that prints. Their text is kept, but much of it at once may be mixed
    with lines of the region.

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
        """Show these lines instead of those that are shown, each cut to the width of the terminal.

        While somebody else has begun a line, nothing is drawn, as that would tear the line.
        """
        columns, rows = self.size
        with self._lock:
            if self._is_line_open:
                return
            shown = [line[: columns - 1] for line in lines[: rows - 2]]
            text = self._erasing() + "\n".join(shown)
            if len(shown) > 1:
                # The cursor rests on an empty line above, so that text which another process writes comes to stand there, and stays.
                text = f"{self._erasing()}\n" + "\n".join(shown) + f"\r\x1b[{len(shown)}A"
            self._lines = shown
            self._stream.write(text)
            self._stream.flush()

    def write_above(self, text: str) -> int:
        """Take the region away and write other text; the next ``draw`` shows the region again. A forked process only writes, as it does not know what is drawn by now."""
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
        """Return the control characters that take the region away. A region of several lines is below the cursor."""
        if not self._lines:
            return ""
        return "\x1b[J" if len(self._lines) > 1 else "\r\x1b[K"


class _Above:
    """Takes the place of a region's stream: it writes above the region."""

    def __init__(self, region: LiveRegion, stream: TextIO) -> None:
        self._region = region
        self._stream = stream

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    def write(self, text: str, /) -> int:
        return self._region.write_above(text)
