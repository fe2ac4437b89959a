"""The console that tables are printed on."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console
from rich.table import Table

__all__ = ["TableConsole"]

PIPE_WIDTH = 160
"""Columns where the output is no terminal, and so has no width of its own."""

LEAST_WIDTH = 40
"""A narrower terminal wraps lines itself, which is better than that numbers are cut."""


class TableConsole(Console):
    """Prints without guessing at colours, as wide as the terminal; a closed pipe is the caller's to handle.

    rich would end the process with exit code 1, as if something had failed.
    """

    def __init__(self, stream: TextIO, *, pipe_width: int | None = PIPE_WIDTH) -> None:
        super().__init__(file=stream, highlight=False, emoji=False, width=None if stream.isatty() else pipe_width)
        self.width = max(self.width, LEAST_WIDTH)

    def print_if_it_fits(self, table: Table) -> bool:
        """Print a table if the terminal is wide enough for all of it, or where there is none; return whether it was."""
        needed = self.measure(table, options=self.options.update(max_width=10_000)).maximum
        if needed > self.width:
            if self.is_terminal:
                return False
            self.width = needed
        self.print(table)
        return True

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError
