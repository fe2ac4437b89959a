"""A comparison on a terminal: a table for each case and profile, with marks that need no colour, and the warnings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TextIO

from rich.text import Text

from pipeline_optimization.benchmarks.reports.answer import answer_of
from pipeline_optimization.benchmarks.reports.overview import LEGEND
from pipeline_optimization.benchmarks.reports.summary_table import SummaryTable, summary_tables
from pipeline_optimization.benchmarks.results import Results, Warning_
from pipeline_optimization.cli.compare.columns import detail_tables, main_table
from pipeline_optimization.cli.compare.scan_table import print_scans
from pipeline_optimization.cli.console import TableConsole, for_terminal
from pipeline_optimization.plural import counted

__all__ = ["print_comparison", "show_comparison"]


def print_comparison(results: Results, stream: TextIO, *, detailed: bool) -> None:
    """Print what to use, all tables, the warnings, and the legend.

    Each contender has one line, with as many figures as the terminal has room for.
    """
    show_comparison(results, TableConsole(stream), detailed=detailed)


def show_comparison(results: Results, console: TableConsole, *, detailed: bool) -> None:
    """Print the same on a given console."""
    _print_answer(console, results)
    if results.scans:
        print_scans(console, results)
    for table in summary_tables(results) if detailed or not results.scans else ():
        _print_case(console, results, table, detailed=detailed)
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
            _print_hanging(console, Text(for_terminal(f"{name}: {method}")))


def _print_answer(console: TableConsole, results: Results) -> None:
    answer = answer_of(results)
    if answer.sentence:
        console.print(Text(f"\n{for_terminal(answer.sentence)}", style="bold"))
    for sentence in answer.more:
        _print_hanging(console, Text(for_terminal(sentence)), bullet="•")


def _print_case(console: TableConsole, results: Results, table: SummaryTable, *, detailed: bool) -> None:
    console.print(Text(f"\n{for_terminal(table.heading)}", style="bold"))
    if table.advice:
        console.print(Text(for_terminal(table.advice)))
    shown, left_out = main_table(table, console)
    # In a pipe, lines may be long, so that no name has to be broken.
    with console.widened(0 if console.is_terminal else console.width_of(shown)):
        console.print(shown)
    for more in detail_tables(table, left_out, console) if detailed else ():
        console.print()
        console.print(more)
    for row in table.rows:
        if row.notes:
            faults = f" ({', '.join(row.problems)})" if row.problems else ""
            text = Text.assemble(
                (for_terminal(row.contender), "bold"), f"{faults}: {for_terminal(' '.join(row.notes))}"
            )
            _print_hanging(console, text)
    for sentence in (table.remark, table.retries):
        if sentence:
            _print_hanging(console, Text(for_terminal(sentence)))
    if detailed:
        for line in _failure_lines(results, table):
            _print_hanging(console, Text(line, style="dim"))


def _print_hanging(console: TableConsole, text: Text, *, bullet: str = " ") -> None:
    """Print a paragraph that is indented by two columns. Its first line has a bullet there."""
    for number, line in enumerate(text.wrap(console, console.width - 2)):
        line.rstrip()
        console.print(Text.assemble(" " if number else bullet, " ", line))


def _failure_lines(results: Results, table: SummaryTable) -> Iterator[str]:
    for row in results.rows_of(table.case, table.profile):
        if row.failures:
            counts = ", ".join(f"{kind} {count}" for kind, count in row.failures.items())
            yield f"{for_terminal(row.contender)}: {counts}"


def _print_warnings(console: TableConsole, results: Results, *, detailed: bool) -> None:
    """Print the warnings: with ``--detailed`` all of them in full, else one line for each kind."""
    warnings = results.warnings
    if not warnings:
        return
    lines = [f"{one.where}: {one.text}" if one.where else one.text for one in warnings]
    hint = "" if detailed else " (--detailed shows all in full)"
    console.print(Text(f"\n{counted(len(warnings), 'warning')}{hint}", style="yellow"))
    for number, text in enumerate(lines if detailed else _gravest(warnings), start=1):
        line = Text(f"  {number}. {for_terminal(text)}")
        console.print(line, no_wrap=not detailed, overflow="fold" if detailed else "ellipsis")


def _gravest(warnings: Sequence[Warning_]) -> Iterator[str]:
    """Yield the warning of each kind that has the largest value, and the place where it was seen.

    A warning's first sentence has its cause and its remedy. The place comes last, as the ends of long lines are cut off.
    """
    kinds: dict[str, list[Warning_]] = {}
    for one in warnings:
        kinds.setdefault(one.code, []).append(one)
    for alike in kinds.values():
        gravest = max(alike, key=lambda one: abs(one.value))
        sentence = re.split(r"(?<=\.) ", gravest.text, maxsplit=1)[0]
        others = f", and {counted(len(alike) - 1, 'other')}" if len(alike) > 1 else ""
        place = f" ({gravest.where}{others})" if gravest.where else ""
        yield f"{sentence[:1].upper()}{sentence[1:]}{place}"


def _machine(results: Results) -> str:
    machine = results.machine
    return f"{machine.get('cpu_count', '?')} x {machine.get('cpu', '?')} · {machine.get('python', '?')}"
