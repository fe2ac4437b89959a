"""A report for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

from rich.table import Table
from rich.text import Text

from pipeline_optimization.anagrams.report import RunReport
from pipeline_optimization.cli.console import TableConsole, for_terminal
from pipeline_optimization.engine.tally import TaskStats
from pipeline_optimization.plural import counted
from pipeline_optimization.types.components import ANAGRAM

if TYPE_CHECKING:
    from pipeline_optimization.types import TimeAccount

__all__ = ["NOTABLE_STARTUP", "print_account", "print_table", "tasks_table", "time_text"]

NOTABLE_STARTUP = 200.0
"""Milliseconds from which on a start-up is told."""


def print_table(
    report: RunReport,
    words: Sequence[tuple[str, int]],
    problems: Sequence[str],
    stream: TextIO,
    *,
    expectation: str,
) -> None:
    """Print a summary, the tasks, and the most frequent words. ``expectation`` is what is said of a test case's counts."""
    console = TableConsole(stream, pipe_width=None)
    title = f"{report.case}: " if report.case else ""
    console.print(Text(f"{title}{report.orchestrator}, {time_text(report.runtime)}", style="bold"))
    console.print(_facts(report, expectation))
    console.print(tasks_table(report.tasks))
    print_account(report.account, console)
    if words:
        table = Table(title_justify="left", box=None, pad_edge=False)
        table.add_column("word", overflow="fold")
        table.add_column("count", justify="right", no_wrap=True)
        for word, count in words:
            table.add_row(Text(word), f"{count:,}")
        console.print(table)
    hidden = len(report.anagram_counts) - len(words)
    if hidden:
        console.print(f"... and {counted(hidden, 'more word')} (--top N, or --format json for all)")
    for problem in problems:
        console.print(Text(problem, style="bold red"))


def _facts(report: RunReport, expectation: str) -> Table:
    found = "anagrams" if report.relation == ANAGRAM else "matches"
    distinct = f"{report.distinct_words:,}" if report.distinct_words_is_exact else f"about {report.distinct_words:,}"
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("words", f"{report.words:,} ({distinct} different), {report.matched_words:,} with {found}")
    table.add_row(found, counted(len(report.anagram_counts), "different word"))
    table.add_row(
        "attempts", f"{report.attempts:,}, of which {counted(report.retries, 'retry', 'retries')}; {report.lost:,} lost"
    )
    if report.resumed_items:
        taken = f"{counted(report.resumed_items, 'item')} of an earlier run, taken over from {report.checkpoint}"
        table.add_row("resumed", Text(for_terminal(taken)))
    if report.choice:
        table.add_row("choice", Text(for_terminal(report.choice)))
    if report.startup >= NOTABLE_STARTUP:
        table.add_row("start-up", f"{time_text(report.startup)} until {report.orchestrator} could take work")
    if report.floor:
        table.add_row("floor", f"{time_text(report.floor)} (the least that the drawn waits allow)")
    table.add_row("seed", f"{report.seed} (faults {report.faults}, latency scale {report.latency_scale:g})")
    if report.invalid_bytes:
        table.add_row("invalid", f"{counted(report.invalid_bytes, 'invalid UTF-8 sequence')}, each replaced by U+FFFD")
    if expectation:
        table.add_row("expected", expectation)
    for warning in report.warnings:
        table.add_row("warning", Text(warning))
    return table


def tasks_table(tasks: Mapping[str, TaskStats]) -> Table:
    """Return what became of each task's items."""
    table = Table(box=None, pad_edge=False)
    table.add_column("task", overflow="fold")
    for column in ("items", "attempts", "retries", "failed"):
        table.add_column(column, justify="right", no_wrap=True)
    for name, stats in tasks.items():
        table.add_row(name, f"{stats.items:,}", f"{stats.attempts:,}", f"{stats.retries:,}", f"{stats.failures:,}")
    return table


def print_account(account: TimeAccount | None, console: TableConsole) -> None:
    """Print where the time went, if the run was asked to keep that."""
    if account is not None:
        from pipeline_optimization.cli.account_table import account_table  # noqa: PLC0415 - for runs with --detailed

        console.print(account_table(account))


def time_text(milliseconds: float) -> str:
    """Return a time for people."""
    return f"{milliseconds / 1000:,.2f} s" if milliseconds >= 10_000 else f"{milliseconds:,.1f} ms"
