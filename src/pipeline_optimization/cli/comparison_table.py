"""A comparison for a terminal: one table for each case and profile, marks that need no colour, and what to believe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TextIO

from rich.padding import Padding
from rich.text import Text

from pipeline_optimization.benchmarks.records import Results
from pipeline_optimization.benchmarks.reports.answer import answer_of
from pipeline_optimization.benchmarks.reports.overview import LEGEND
from pipeline_optimization.benchmarks.reports.summary_table import SummaryTable, summary_tables
from pipeline_optimization.cli.comparison_columns import detail_tables, main_table
from pipeline_optimization.cli.console import TableConsole, for_terminal
from pipeline_optimization.cli.scan_table import print_scans
from pipeline_optimization.plural import counted

__all__ = ["print_comparison"]


def print_comparison(results: Results, stream: TextIO, *, detailed: bool) -> None:
    """Print what to use, all tables, then the verdicts in words, the warnings, and the legend.

    Each contender has one line, with as many figures as the terminal has room for.
    """
    console = TableConsole(stream)
    _print_answer(console, results)
    if results.scans:
        print_scans(console, results)
    for table in summary_tables(results) if detailed or not results.scans else ():
        _print_case(console, results, table, detailed=detailed)
    if results.verdicts:
        console.print()
    for verdict in results.verdicts if detailed or not results.scans else ():
        console.print(Text(for_terminal(verdict)))
    _print_warnings(console, results, detailed=detailed)
    console.print(
        Text(
            f"\n{LEGEND}\nseed {results.run.seed} · {counted(results.run.workers, 'worker')} · {for_terminal(_machine(results))}",
            style="dim",
        )
    )
    if detailed:
        console.print(Text("\nHow it was measured", style="bold"))
        for name, method in results.methods.items():
            console.print(Padding(Text(for_terminal(f"{name}: {method}")), (0, 0, 0, 2)))


def _print_answer(console: TableConsole, results: Results) -> None:
    answer = answer_of(results)
    if answer.sentence:
        console.print(Text(f"\n{for_terminal(answer.sentence)}", style="bold"))
    for sentence in answer.more:
        console.print(Text(for_terminal(sentence)))


def _print_case(console: TableConsole, results: Results, table: SummaryTable, *, detailed: bool) -> None:
    console.print(Text(f"\n{for_terminal(table.heading)}", style="bold"))
    if table.advice:
        console.print(Text(for_terminal(table.advice)))
    shown, left_out = main_table(table, console)
    console.print(shown)
    for more in detail_tables(table, left_out, console) if detailed else ():
        console.print()
        console.print(more)
    for row in table.rows:
        if row.notes:
            faults = f" ({', '.join(row.problems)})" if row.problems else ""
            text = Text.assemble(
                "  ", (for_terminal(row.contender), "bold"), f"{faults}: {for_terminal(' '.join(row.notes))}"
            )
            console.print(text)
    if table.retries:
        console.print(Text(f"  {for_terminal(table.retries)}"))
    if detailed:
        for line in _failure_lines(results, table):
            console.print(Text(f"  {line}", style="dim"))


def _failure_lines(results: Results, table: SummaryTable) -> Iterator[str]:
    for row in results.rows_of(table.case, table.profile):
        if row.failures:
            counts = ", ".join(f"{kind} {count}" for kind, count in row.failures.items())
            yield f"{for_terminal(row.contender)}: {counts}"


def _print_warnings(console: TableConsole, results: Results, *, detailed: bool) -> None:
    """Print the warnings, each on one line; ``--detailed`` wraps those that are longer than the terminal is wide."""
    if not results.warnings:
        return
    count = len(results.warnings)
    console.print(Text(f"\n{counted(count, 'warning')}", style="yellow"))
    shown: Sequence[str] = [
        for_terminal(f"{one.where}: {one.text}" if one.where else one.text) for one in results.warnings
    ]
    for number, text in enumerate(shown if detailed else shown[:5], start=1):
        line = Text(f"  {number}. {text}")
        console.print(line, no_wrap=not detailed, overflow="fold" if detailed else "ellipsis")
    if not detailed and count > 5:
        console.print(Text(f"  and {count - 5} more (--detailed)"))


def _machine(results: Results) -> str:
    machine = results.machine
    return f"{machine.get('cpu_count', '?')} x {machine.get('cpu', '?')} · {machine.get('python', '?')}"
