"""Shows on standard error how far a comparison is. It shows no results, which would tempt people to stop early."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from pipeline_optimization.benchmarks.comparing import Step
from pipeline_optimization.plural import counted

__all__ = ["ComparisonProgress"]

INTERVAL = 15.0


class ComparisonProgress:
    """A bar if standard error is a terminal, else a line now and then.

    Drawn only between samples: a thread that draws would compete with them.
    """

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._is_live = console.is_terminal
        self._progress = Progress(
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.description}", markup=False),
            console=console,
            auto_refresh=False,
            transient=True,
        )
        self._task = self._progress.add_task("", total=None)
        self._due = time.monotonic() + INTERVAL

    def __enter__(self) -> Self:
        if self._is_live:
            self._progress.start()
        return self

    def show(self, step: Step) -> None:
        if self._is_live:
            self._progress.update(
                self._task, completed=step.done, total=step.planned, description=f"{_left(step)} · {step.what}"
            )
            self._progress.refresh()
        elif time.monotonic() >= self._due:
            self._due = time.monotonic() + INTERVAL
            sys.stderr.write(f"{step.done} of {counted(step.planned, 'sample')} taken, {_left(step)}\n")
            sys.stderr.flush()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_live:
            self._progress.stop()


def _left(step: Step) -> str:
    """Return how long the rest will take, judged by the samples so far."""
    if step.seconds_left is None:
        return "time left not known yet"
    minutes, seconds = divmod(round(step.seconds_left), 60)
    return f"about {minutes} min {seconds:02} s left" if minutes else f"about {seconds} s left"
