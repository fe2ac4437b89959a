"""What ``anagram advise`` prints: which orchestrator to use, and tables of what was foreseen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TextIO

from rich.table import Table
from rich.text import Text

from pipeline_optimization.cli.console import TableConsole, for_terminal
from pipeline_optimization.foresight.advice import LEGEND, Advice, bounded, clock, interval, marked, outside, title
from pipeline_optimization.foresight.simulate import Prediction
from pipeline_optimization.foresight.what_if import SPEEDS

__all__ = ["print_advice", "print_change", "print_curve", "print_speeds"]

MOST_ROWS = 12
"""Lines of a table without ``--detailed``; the best one of each orchestrator, on this machine and on a cluster, is always among them."""


def print_advice(advice: Advice, stream: TextIO, *, detailed: bool) -> None:
    """Print what to use and why, a table of what was foreseen, and what must be known of it."""
    console = TableConsole(stream)
    console.print(Text(for_terminal(advice.sentence), style="bold"))
    for sentence in advice.more:
        console.print(Text(f"• {for_terminal(sentence)}"))
    console.print()
    shown = advice.predictions if detailed else _shown(advice)
    console.print(_table(advice, shown))
    for sentence in outside(shown):
        console.print(Text(for_terminal(sentence), style="dim"))
    left = len(advice.predictions) - len(shown)
    console.print(Text(LEGEND + (f" --detailed shows {left} more." if left else ""), style="dim"))


def print_change(sentence: str, stream: TextIO) -> None:
    """Print the sentence that says what a change of ``--what-if`` is worth (``change_sentence``)."""
    TableConsole(stream).print(Text(f"\n{for_terminal(sentence)}"))


def print_curve(advice: Advice, stream: TextIO) -> None:
    """Print a line for each number of workers, with the time that each orchestrator takes with it."""
    retry = advice.use.configuration.retry_name
    chosen = {
        (one.configuration.workers, one.configuration.orchestrator): one
        for one in advice.predictions
        if one.configuration.retry_name == retry
    }
    names = list(dict.fromkeys(one.configuration.orchestrator for one in advice.predictions))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("workers", *names):
        table.add_column(for_terminal(heading), justify="right")
    for workers in sorted({number for number, _ in chosen}):
        row = [chosen.get((workers, name)) for name in names]
        table.add_row(f"{workers:,}", *("" if one is None else clock(one.seconds) for one in row))
    console = TableConsole(stream)
    console.print()
    console.print(table)


def print_speeds(found: Mapping[str, Sequence[float]], use: Prediction, stream: TextIO) -> None:
    """Print how long the run would take if one task were faster, and how long with unlimited workers."""
    if not found:
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("if a task took …")
    for speed in SPEEDS:
        table.add_column(f"{speed:g}x", justify="right")
    for name, seconds in found.items():
        table.add_row(for_terminal(name), *map(clock, seconds))
    console = TableConsole(stream)
    console.print()
    console.print(table)
    limit = f"Without a faster task, {title(use)} takes {clock(use.seconds)}; unlimited workers would take {clock(use.floor)}."
    console.print(Text(for_terminal(limit), style="dim"))


def _shown(advice: Advice) -> Sequence[Prediction]:
    best: dict[tuple[str, bool], Prediction] = {}
    for one in advice.predictions:
        best.setdefault((one.configuration.orchestrator, one.configuration.needs_cluster), one)
    kept = {id(one) for one in [*advice.predictions[: MOST_ROWS - len(best)], *best.values()]}
    return [one for one in advice.predictions if id(one) in kept]


def _table(advice: Advice, shown: Sequence[Prediction]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    has_retries = len({one.configuration.retry_name for one in advice.predictions}) > 1
    has_failures = any(one.failures >= 0.5 for one in shown)
    titles = ["orchestrator", "workers", *(["retry"] if has_retries else []), "time", "90 %", "attempts"]
    titles += [*(["failed"] if has_failures else []), "cores", "bound by"]
    left = {"orchestrator", "retry", "bound by"}
    for heading in titles:
        table.add_column(heading, justify="left" if heading in left else "right", no_wrap=True)
    for one in shown:
        style = "green" if one is advice.use else ""
        table.add_row(*_cells(one, advice, has_retries=has_retries, has_failures=has_failures), style=style)
    return table


def _cells(one: Prediction, advice: Advice, *, has_retries: bool, has_failures: bool) -> Sequence[str]:
    chosen = one.configuration
    return [
        for_terminal(marked(one, advice)),
        f"{chosen.workers:,}",
        *([for_terminal(chosen.retry_name)] if has_retries else []),
        clock(one.seconds),
        interval(one),
        f"{one.attempts:,.0f}",
        *([f"{one.failures:,.0f}"] if has_failures else []),
        f"{one.busy_cores:.1f}",
        bounded(one),
    ]
