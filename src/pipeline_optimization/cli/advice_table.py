"""Foresight for a terminal: what to use, and a line for each configuration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from rich.table import Table
from rich.text import Text

from pipeline_optimization.cli.console import TableConsole, for_terminal
from pipeline_optimization.foresight.advice import Advice, clock
from pipeline_optimization.foresight.simulate import Prediction

__all__ = ["MOST_ROWS", "print_advice"]

MOST_ROWS = 12
"""Lines of a table that is not detailed; the best of each orchestrator is always among them."""


def print_advice(advice: Advice, stream: TextIO, *, detailed: bool, notes: Sequence[str] = ()) -> None:
    """Print what to use and why, a table of what was foreseen, and what must be known of it."""
    console = TableConsole(stream)
    console.print(Text(for_terminal(advice.sentence), style="bold"))
    for sentence in advice.more:
        console.print(Text(f"• {for_terminal(sentence)}"))
    console.print()
    shown = advice.predictions if detailed else _shown(advice)
    console.print(_table(advice, shown))
    marks = list(dict.fromkeys(mark for one in shown for mark in one.extrapolated))
    for mark in marks:
        console.print(Text(f"* extrapolated: {for_terminal(mark)}", style="dim"))
    left = len(advice.predictions) - len(shown)
    legend = "90 %: the interval that nine of ten runs should be in. = cannot be told from the best."
    console.print(Text(legend + (f" --detailed shows {left} more." if left else ""), style="dim"))
    for note in notes:
        console.print(Text(f"Note: {for_terminal(note)}", style="yellow"))


def _shown(advice: Advice) -> Sequence[Prediction]:
    best: dict[str, Prediction] = {}
    for one in advice.predictions:
        best.setdefault(one.configuration.orchestrator, one)
    kept = {id(one) for one in [*advice.predictions[: MOST_ROWS - len(best)], *best.values()]}
    return [one for one in advice.predictions if id(one) in kept]


def _table(advice: Advice, shown: Sequence[Prediction]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    has_retries = len({one.configuration.retry_name for one in advice.predictions}) > 1
    has_failures = any(one.failures >= 0.5 for one in shown)
    titles = ["orchestrator", "workers", *(["retry"] if has_retries else []), "time", "90 %", "attempts"]
    titles += [*(["lost"] if has_failures else []), "cores", "bound by"]
    left = {"orchestrator", "retry", "bound by"}
    for title in titles:
        table.add_column(title, justify="left" if title in left else "right", no_wrap=True)
    for one in shown:
        style = "green" if one is advice.use else ""
        table.add_row(*_cells(one, advice, has_retries=has_retries, has_failures=has_failures), style=style)
    return table


def _cells(one: Prediction, advice: Advice, *, has_retries: bool, has_failures: bool) -> Sequence[str]:
    chosen = one.configuration
    mark = " =" if any(one is tie for tie in advice.ties) else ""
    return [
        for_terminal(chosen.orchestrator) + mark + ("*" if one.extrapolated else ""),
        f"{chosen.workers:,}",
        *([for_terminal(chosen.retry_name)] if has_retries else []),
        clock(one.seconds),
        f"{clock(one.low)} – {clock(one.high)}",
        f"{one.attempts:,.0f}",
        *([f"{one.failures:,.0f}"] if has_failures else []),
        f"{one.busy_cores:.1f}",
        f"{one.bound} {one.share:.0%}" if not one.stopped else "stops early",
    ]
