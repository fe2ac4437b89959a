"""A table of how contenders have changed since a baseline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from rich.table import Table
from rich.text import Text

from pipeline_optimization.benchmarks.reports import quantities
from pipeline_optimization.benchmarks.statistics.gate import GateRow
from pipeline_optimization.cli.console import TableConsole, for_terminal

__all__ = ["print_gate"]

STYLES = {"regression": "bold red", "improved": "green"}


def print_gate(rows: Sequence[GateRow], baseline: str, threshold: float | None, stream: TextIO) -> None:
    """Print a line for each row: its ratio to the baseline with its interval, and what that means."""
    console = TableConsole(stream)
    console.print(Text(f"\nAgainst the baseline {baseline}", style="bold"))
    table = Table(box=None, pad_edge=False)
    for header in ("contender", "case", "now [95 %]", "compared", "outcome"):
        table.add_column(header, overflow="fold")
    for row in rows:
        pace = (
            f"{quantities.pace(row.ratio, row.interval)} {quantities.pace_interval(row.ratio, row.interval)}".rstrip()
        )
        outcome = Text(row.outcome, style=STYLES.get(row.outcome, ""))
        table.add_row(Text(for_terminal(row.contender)), f"{row.profile} · {row.case}", pace, row.basis, outcome)
    console.print(table)
    if threshold is not None:
        console.print(f"A regression is surely slower by more than {threshold:.0%}; inconclusive ones may be.")
