"""A table of where the time of a run's slots went."""

from __future__ import annotations

from attrs import frozen
from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from pipeline_optimization.cli.console import for_terminal
from pipeline_optimization.observing.advice import advice_for
from pipeline_optimization.observing.page.drawing import clock
from pipeline_optimization.plural import counted_slots
from pipeline_optimization.types import TimeAccount

__all__ = ["account_table"]

BAR = 30
"""Characters of the longest bar."""


@frozen
class _Bar:
    """A bar as long as its share of the room that there is."""

    share: float

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text("━" * round(min(BAR, options.max_width) * self.share), no_wrap=True, overflow="crop")

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(0, BAR)


def account_table(account: TimeAccount) -> Group:
    """Return the kinds of time with their shares, and what to do about the largest one."""
    whole = account.wall * account.slots
    table = Table(box=None, pad_edge=False)
    table.add_column("time of slots", no_wrap=True)
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("share", justify="right", no_wrap=True)
    table.add_column("")  # a narrow terminal takes its room from this column, because the others must not wrap
    for name, seconds in account.parts.items():
        share = seconds / whole if whole else 0.0
        table.add_row(name, for_terminal(clock(seconds)), f"{share:.1%}", _Bar(min(1.0, max(0.0, share))))
    title = f"Where the time went, {for_terminal(clock(account.wall))} of {counted_slots(account.slots)}:"
    return Group(Text(title), table, Text(advice_for(account.parts)))
