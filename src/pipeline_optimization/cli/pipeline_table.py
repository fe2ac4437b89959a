"""A pipeline's report for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TextIO

from rich.table import Table
from rich.text import Text

from pipeline_optimization.cli.console import TableConsole, for_terminal
from pipeline_optimization.cli.run.result_rows import ResultRows
from pipeline_optimization.cli.run.tables import NOTABLE_STARTUP, print_account, tasks_table, time_text
from pipeline_optimization.error_text import shortened
from pipeline_optimization.pipeline.model.report import PipelineReport
from pipeline_optimization.plain_data import plain
from pipeline_optimization.plural import counted

__all__ = ["print_pipeline"]

SHOWN = 200
"""Characters of a value that a table shows; the other formats have all."""


def print_pipeline(report: PipelineReport[Any], result: ResultRows, problems: Sequence[str], stream: TextIO) -> None:
    """Print a summary, the steps, and the first rows of the result."""
    console = TableConsole(stream, pipe_width=None)
    title = f"{report.pipeline}: {report.summary.orchestrator}, {time_text(report.runtime)}"
    console.print(Text(for_terminal(title), style="bold"))
    console.print(_facts(report))
    if report.tasks:
        console.print(tasks_table(report.tasks))
    print_account(report.account, console)
    if result.number:
        console.print(_result(result))
    elif report.delivered is None:
        console.print("The result is empty.")
    hidden = result.number - len(result.rows)
    if hidden:
        console.print(f"... and {hidden:,} more (--top N, or --format json for all)")
    for problem in problems:
        console.print(Text(for_terminal(problem), style="bold red"))


def _facts(report: PipelineReport[Any]) -> Table:
    summary = report.summary
    facts = Table.grid(padding=(0, 2))
    facts.add_column(no_wrap=True)
    facts.add_column(overflow="fold")
    facts.add_row("elements", f"{report.elements:,} of the input")
    facts.add_row(
        "attempts", f"{report.attempts:,}, of which {counted(report.retries, 'retry', 'retries')}; {report.lost:,} lost"
    )
    if report.delivered is not None:
        facts.add_row("delivered", counted(report.delivered, "row"))
    if report.cache_hits:
        hits = ", ".join(f"{number:,} results of {name}" for name, number in report.cache_hits.items())
        facts.add_row("remembered", Text(for_terminal(hits)))
    if summary.resumed_items:
        taken = f"{counted(summary.resumed_items, 'part')} of an earlier run, taken over from {summary.checkpoint}"
        facts.add_row("resumed", Text(for_terminal(taken)))
    if summary.choice:
        facts.add_row("choice", Text(for_terminal(summary.choice)))
    if summary.startup >= NOTABLE_STARTUP:
        facts.add_row("start-up", f"{time_text(summary.startup)} until {summary.orchestrator} could take work")
    if summary.floor:
        facts.add_row("floor", f"{time_text(summary.floor)} (the least that drawn waits, limits and rates allow)")
    if summary.faults.profile != "none":
        facts.add_row(
            "seed", f"{summary.seed} (faults {summary.faults.profile}, latency scale {summary.faults.latency_scale:g})"
        )
    for warning in report.warnings:
        facts.add_row("warning", Text(for_terminal(warning)))
    return facts


def _result(result: ResultRows) -> Table:
    rows, header = result.rows, result.header
    table = Table(box=None, pad_edge=False, show_header=bool(header))
    most = max(map(len, rows), default=1)
    for number in range(most):
        is_number = all(isinstance(row[number], int | float) for row in rows if number < len(row))
        title = Text(for_terminal(header[number])) if header else ""
        table.add_column(title, overflow="fold", justify="right" if is_number and most > 1 else "left")
    for row in rows:
        table.add_row(*(Text(for_terminal(_shown(value))) for value in row))
    return table


def _shown(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return shortened(f"{value:,}", SHOWN)
    return shortened(_text(value), SHOWN)


def _text(value: object) -> str:
    known = plain(value)
    return known if isinstance(known, str) else repr(value)
