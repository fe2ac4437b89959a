"""The console that tables are printed on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.table import Table

from pipeline_optimization.cli.output_width import PIPE_WIDTH, wanted_columns
from pipeline_optimization.printable import printable

__all__ = ["TableConsole", "for_terminal"]

LEAST_WIDTH = 40
"""The least width of a table. A narrower terminal wraps its lines, which is better than numbers that are cut."""


def for_terminal(text: str) -> str:
    """Return the text without characters that move the cursor, and with plain spaces, so that people can search for it."""
    return printable(text).replace("\u202f", " ")


class TableConsole(Console):
    """Prints as wide as the terminal is, and colours nothing by itself.

    If the pipe is closed that it prints to, it raises BrokenPipeError. rich would end the process with exit code 1, as if something had
    failed. A console that ``is_recorded`` draws in colour and as wide as ``pipe_width``, for ``export_svg``.
    """

    def __init__(self, stream: TextIO, *, pipe_width: int | None = PIPE_WIDTH, is_recorded: bool = False) -> None:
        # If rich is given no width, it takes that of COLUMNS, for terminals and pipes alike.
        has_width = not is_recorded and (stream.isatty() or wanted_columns() is not None)
        super().__init__(
            file=stream,
            highlight=False,
            emoji=False,
            width=None if has_width else pipe_width,
            record=is_recorded,
            # A recording does not depend on the terminal, pipe or environment in which it is made.
            force_terminal=True if is_recorded else None,
            color_system="truecolor" if is_recorded else "auto",
            no_color=False if is_recorded else None,
        )
        self.width = max(self.width, LEAST_WIDTH)

    @contextmanager
    def widened(self, width: int) -> Iterator[None]:
        """Be at least ``width`` columns wide for a while: in a pipe, a table is printed as wide as it needs to be."""
        before, self.width = self.width, max(self.width, width)
        try:
            yield
        finally:
            self.width = before

    def width_of(self, table: Table) -> int:
        """Return how many columns of the terminal a table needs to be shown without lines that are wrapped or cut."""
        return self.measure(table, options=self.options.update(max_width=10_000)).maximum

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError
