"""Shows how far a run and each of its tasks are: on a terminal as lines that change, in a log as a line now and then.

On a terminal, lines appear when a run has taken a second. If standard error is no terminal, nothing is shown without ``--progress plain``.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

from pipeline_optimization.pipeline.run import Progress
from pipeline_optimization.plural import counted
from pipeline_optimization.sources import FileSource, Source, TextSource
from pipeline_optimization.sources.compression import compression_of

if TYPE_CHECKING:
    from pipeline_optimization.cli.live_region import LiveRegion
    from pipeline_optimization.cli.task_rows import Rates, TaskRow

__all__ = ["ProgressLine", "progress_option", "total_bytes"]

PATIENCE = 1.0
INTERVAL = 0.1

PLAIN_INTERVAL = 10.0
"""Seconds between two lines of ``--progress plain``."""

LEAST_MEGABYTES = 50_000
"""An input of at least this many bytes is shown in megabytes."""

ENOUGH = 0.05
"""The share of the input that must have been read before the remaining time is estimated."""

progress_option = click.option(
    "--progress",
    type=click.Choice(["auto", "plain", "off"]),
    default="auto",
    show_default=True,
    help="auto: the progress of the run and its tasks on a terminal; plain: a line every ten seconds, also into a log; off: nothing.",
)


class ProgressLine:
    """Shows how far a run is. It is drawn from the engine's loop and not from a thread, since forking with threads is unsafe.

    Args:
        sources: The inputs. Their size tells how far the run is.
        mode: The value of ``--progress``.
        clock: Returns the time in seconds.
    """

    def __init__(
        self, sources: Sequence[Source], mode: str = "auto", *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._is_plain = mode == "plain"
        self._is_on = self._is_plain or (mode == "auto" and sys.stderr.isatty())
        self._total = total_bytes(sources) if self._is_on else 0
        self._clock = clock
        self._start = clock()
        self._due = self._start + (PLAIN_INTERVAL if self._is_plain else PATIENCE)
        self._rates: Rates | None = None
        self._region: LiveRegion | None = None
        if self._is_on and not self._is_plain:
            from pipeline_optimization.cli.live_region import LiveRegion  # noqa: PLC0415 - for terminals only

            self._region = LiveRegion()

    def __enter__(self) -> Self:
        if self._region is not None:
            self._region.__enter__()
        return self

    def show(self, progress: Progress) -> None:
        """Draw the lines if the last ones were drawn long enough ago. A step before reading, such as loading a lexicon, is drawn at once."""
        now = self._clock()
        if not self._is_on or (now < self._due and (self._is_plain or not progress.step)):
            return
        rows = [] if progress.step else self._rows(progress)
        text = progress.step or self._far(progress, rows, now - self._start)
        if self._region is None:
            self._due = now + PLAIN_INTERVAL
            click.echo(text, err=True)
            return
        from pipeline_optimization.cli.task_rows import lines_of  # noqa: PLC0415 - for runs of more than a moment

        self._due = now + INTERVAL
        try:
            self._region.draw(lines_of(text, rows if len(rows) > 1 else [], self._region.size[0] - 1))
        except OSError:  # the terminal is gone, which is no reason for a run to end
            self._is_on = False

    def _rows(self, progress: Progress) -> Sequence[TaskRow]:
        from pipeline_optimization.cli.task_rows import Rates, TaskRow  # noqa: PLC0415 - as above

        tasks = progress.by_task()
        if self._rates is None:
            self._rates = Rates(self._clock)
        rates = self._rates.of({name: task.done for name, task in tasks.items()})
        return [
            TaskRow(
                task=name,
                done=task.done,
                total=task.total,
                rate=rates.get(name),
                errors=task.errors,
                retries=task.retries,
                failed=task.failed,
                in_flight=task.in_flight,
            )
            for name, task in tasks.items()
        ]

    def _far(self, progress: Progress, rows: Sequence[TaskRow], seconds: float) -> str:
        unit, name = (1e6, "MB") if max(self._total, progress.bytes_read) >= LEAST_MEGABYTES else (1e3, "kB")
        share = f" {name}"
        if self._total:
            share = f" of {self._total / unit:,.1f} {name} ({progress.bytes_read / self._total:4.0%})"
        return f"{progress.bytes_read / unit:,.1f}{share} read, {counted(progress.items, 'item')} done, {seconds:,.0f} s{self._left(progress, rows, seconds)}"

    def _left(self, progress: Progress, rows: Sequence[TaskRow], seconds: float) -> str:
        """Return how much time is left if the rest goes at the same rate as before; nothing while that cannot be told.

        The rest is what is left of the input. When all is read, it is what is left for the task that takes longest.
        """
        share = progress.bytes_read / self._total if self._total else 0.0
        if ENOUGH <= share < 1:
            return f", about {seconds * (1 - share) / share:,.0f} s left"
        left = [
            (row.total - row.done - (row.failed or 0)) / row.rate for row in rows if row.total is not None and row.rate
        ]
        is_known = rows and all(row.total is not None for row in rows if row.done)
        return f", about {max(left):,.0f} s left" if is_known and left and max(left) >= 1 else ""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._region is not None:
            self._region.__exit__(kind, error, trace)


def total_bytes(sources: Sequence[Source]) -> int:
    """Return the size of all sources in bytes, or 0 if it is not known before they are read."""
    if all(isinstance(s, TextSource) for s in sources):
        return sum(len(s.text.encode(errors="replace")) for s in sources if isinstance(s, TextSource))
    if not all(isinstance(s, FileSource) and os.path.isfile(s.path) for s in sources):
        return 0
    if any(compression_of(s.name) for s in sources):
        return 0
    return sum(os.path.getsize(s.name) for s in sources)
