"""The console that tables are printed on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.table import Table

from pipeline_optimization.benchmarks.reports.printable import printable
from pipeline_optimization.cli.output_width import PIPE_WIDTH, wanted_columns

__all__ = ["TableConsole", "for_terminal"]

LEAST_WIDTH = 40
"""A narrower terminal wraps lines itself, which is better than that numbers are cut."""


def for_terminal(text: str) -> str:
    """Return text that cannot move the cursor, with plain spaces, which anybody can search for."""
    return printable(text).replace("\u202f", " ")


class TableConsole(Console):
    """Prints without guessing at colours, as wide as the terminal; a closed pipe is the caller's to handle.

    rich would end the process with exit code 1, as if something had failed. A console that ``is_recorded`` draws in colour, as wide as
    ``pipe_width``, for ``export_svg``.
    """

    def __init__(self, stream: TextIO, *, pipe_width: int | None = PIPE_WIDTH, is_recorded: bool = False) -> None:
        # rich takes COLUMNS for terminals and pipes alike where it is given no width.
        has_width = not is_recorded and (stream.isatty() or wanted_columns() is not None)
        super().__init__(
            file=stream,
            highlight=False,
            emoji=False,
            width=None if has_width else pipe_width,
            record=is_recorded,
            # A recording is the same whatever terminal, pipe or environment it is made in.
            force_terminal=True if is_recorded else None,
            color_system="truecolor" if is_recorded else "auto",
            no_color=False if is_recorded else None,
        )
        self.width = max(self.width, LEAST_WIDTH)

    @contextmanager
    def widened(self, width: int) -> Iterator[None]:
        """Be at least ``width`` columns wide for a while: for a table that cannot be narrower, in a pipe."""
        before, self.width = self.width, max(self.width, width)
        try:
            yield
        finally:
            self.width = before

    def width_of(self, table: Table) -> int:
        """Return how many columns of the terminal a table takes where nothing of it is wrapped or cut."""
        return self.measure(table, options=self.options.update(max_width=10_000)).maximum

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError
