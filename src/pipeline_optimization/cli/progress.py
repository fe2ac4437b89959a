"""One line of progress on a terminal, for work of more than a second; nothing where errors are piped."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from pipeline_optimization.pipeline.run import Progress
from pipeline_optimization.plural import counted
from pipeline_optimization.sources import FileSource, Source
from pipeline_optimization.sources.compression import compression_of

__all__ = ["ProgressLine"]

PATIENCE = 1.0
INTERVAL = 0.1


class ProgressLine:
    """Shows how far a run is. Drawn from the engine's loop, not from a thread: forking with threads is unsafe."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._is_on = sys.stderr.isatty()
        self._total = _total_bytes(sources) if self._is_on else 0
        self._start = time.monotonic()
        self._due = self._start + PATIENCE
        self._is_shown = False

    def __enter__(self) -> Self:
        return self

    def show(self, progress: Progress) -> None:
        """Draw the line if it is time to; a step that comes before reading is drawn at once."""
        now = time.monotonic()
        if not self._is_on or (now < self._due and not progress.step):
            return
        self._due = now + INTERVAL
        self._is_shown = True
        self._draw(progress.step or self._far(progress, now - self._start))

    def _far(self, progress: Progress, seconds: float) -> str:
        read = progress.bytes_read / 1e6
        share = f" of {self._total / 1e6:,.1f} MB ({progress.bytes_read / self._total:4.0%})" if self._total else " MB"
        return f"{read:,.1f}{share} read, {counted(progress.items, 'item')} done, {seconds:,.0f} s"

    @staticmethod
    def _draw(text: str) -> None:
        # Some terminals say that they have no width.
        width = os.get_terminal_size(sys.stderr.fileno()).columns or 80
        sys.stderr.write("\r\x1b[K" + text[: width - 1])
        sys.stderr.flush()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _total_bytes(sources: Sequence[Source]) -> int:
    """Return the size of all sources in bytes, or 0 where it is not known before they are read."""
    if not all(isinstance(s, FileSource) and os.path.isfile(s.path) for s in sources):
        return 0
    if any(compression_of(s.name) for s in sources):
        return 0
    return sum(os.path.getsize(s.name) for s in sources)
