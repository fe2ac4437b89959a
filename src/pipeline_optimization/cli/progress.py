"""How far a run is: one line that changes on a terminal, for work of more than a second, or a line of its own now and then.

Nothing is shown where errors are piped, unless ``--progress plain`` asks for it.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

import click

from pipeline_optimization.cli.live_region import LiveRegion
from pipeline_optimization.pipeline.run import Progress
from pipeline_optimization.plural import counted
from pipeline_optimization.sources import FileSource, Source
from pipeline_optimization.sources.compression import compression_of

__all__ = ["ProgressLine", "progress_option"]

PATIENCE = 1.0
INTERVAL = 0.1

PLAIN_INTERVAL = 10.0
"""Seconds between two lines where each is a line of its own, as in a log."""

ENOUGH = 0.05
"""The share of the input from which on the end can be estimated."""

progress_option = click.option(
    "--progress",
    type=click.Choice(["auto", "plain", "off"]),
    default="auto",
    show_default=True,
    help="auto: one line on a terminal; plain: a line every ten seconds, also in a log; off: none.",
)


class ProgressLine:
    """Shows how far a run is. Drawn from the engine's loop, not from a thread: forking with threads is unsafe.

    Args:
        sources: What is read, whose size tells how far a run is.
        mode: As ``--progress`` has it.
        clock: Returns the time in seconds.
    """

    def __init__(
        self, sources: Sequence[Source], mode: str = "auto", *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._is_plain = mode == "plain"
        self._is_on = self._is_plain or (mode == "auto" and sys.stderr.isatty())
        self._total = _total_bytes(sources) if self._is_on else 0
        self._clock = clock
        self._start = clock()
        self._due = self._start + (PLAIN_INTERVAL if self._is_plain else PATIENCE)
        self._region = LiveRegion() if self._is_on and not self._is_plain else None

    def __enter__(self) -> Self:
        if self._region is not None:
            self._region.__enter__()
        return self

    def show(self, progress: Progress) -> None:
        """Draw the line if it is time to; a step that comes before reading is drawn at once."""
        now = self._clock()
        if not self._is_on or (now < self._due and (self._is_plain or not progress.step)):
            return
        text = progress.step or self._far(progress, now - self._start)
        if self._region is None:
            self._due = now + PLAIN_INTERVAL
            click.echo(text, err=True)
            return
        self._due = now + INTERVAL
        self._region.draw([text])

    def _far(self, progress: Progress, seconds: float) -> str:
        read = progress.bytes_read / 1e6
        share = f" of {self._total / 1e6:,.1f} MB ({progress.bytes_read / self._total:4.0%})" if self._total else " MB"
        return f"{read:,.1f}{share} read, {counted(progress.items, 'item')} done, {seconds:,.0f} s{self._left(progress, seconds)}"

    def _left(self, progress: Progress, seconds: float) -> str:
        """Return how much time is left if the rest of the input takes as long as what was read; nothing while that cannot be told."""
        share = progress.bytes_read / self._total if self._total else 0.0
        if not ENOUGH <= share < 1:
            return ""
        return f", about {seconds * (1 - share) / share:,.0f} s left"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._region is not None:
            self._region.__exit__(kind, error, trace)


def _total_bytes(sources: Sequence[Source]) -> int:
    """Return the size of all sources in bytes, or 0 where it is not known before they are read."""
    if not all(isinstance(s, FileSource) and os.path.isfile(s.path) for s in sources):
        return 0
    if any(compression_of(s.name) for s in sources):
        return 0
    return sum(os.path.getsize(s.name) for s in sources)
