"""A run's report as tables on a terminal: of a run that counts anagrams, and of one of a pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from rich.table import Table
from rich.text import Text

from pipeline_optimization.cli.console import TableConsole, for_terminal
from pipeline_optimization.error_text import shortened
from pipeline_optimization.plain_data import plain
from pipeline_optimization.plural import counted
from pipeline_optimization.types.components import ANAGRAM

if TYPE_CHECKING:
    from pipeline_optimization.anagrams.report import RunReport
    from pipeline_optimization.cli.run.result_rows import ResultRows
    from pipeline_optimization.engine.tally import TaskStats
    from pipeline_optimization.pipeline.model.report import PipelineReport
    from pipeline_optimization.pipeline.summary import RunSummary
    from pipeline_optimization.types import TimeAccount

__all__ = ["print_anagrams", "print_pipeline"]

NOTABLE_STARTUP = 200.0
"""A start-up of at least these milliseconds is shown."""

SHOWN = 200
"""Characters of a value that a table shows; the other formats have all."""


def print_anagrams(
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
    console.print(Text(f"{title}{report.orchestrator}, {_time(report.runtime)}", style="bold"))
    console.print(_anagram_facts(report, expectation))
    console.print(_tasks(report.tasks))
    _print_account(report.account, console)
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


def _anagram_facts(report: RunReport, expectation: str) -> Table:
    found = "anagrams" if report.relation == ANAGRAM else "matches"
    distinct = f"{report.distinct_words:,}" if report.distinct_words_is_exact else f"about {report.distinct_words:,}"
    facts = _facts()
    facts.add_row("words", f"{report.words:,} ({distinct} different), {report.matched_words:,} with {found}")
    facts.add_row(found, counted(len(report.anagram_counts), "different word"))
    _add_attempts(facts, report)
    _add_course(facts, report, kept="item", floor="simulated waits and retry delays allow")
    facts.add_row("seed", f"{report.seed} (faults {report.faults}, latency scale {report.latency_scale:g})")
    if report.invalid_bytes:
        facts.add_row("invalid", f"{counted(report.invalid_bytes, 'invalid UTF-8 sequence')}, each replaced by U+FFFD")
    if expectation:
        facts.add_row("expected", expectation)
    for warning in report.warnings:
        facts.add_row("warning", Text(warning))
    return facts


def print_pipeline(report: PipelineReport[Any], result: ResultRows, problems: Sequence[str], stream: TextIO) -> None:
    """Print a summary, the steps, and the first rows of the result."""
    console = TableConsole(stream, pipe_width=None)
    title = f"{report.pipeline}: {report.summary.orchestrator}, {_time(report.runtime)}"
    console.print(Text(for_terminal(title), style="bold"))
    console.print(_pipeline_facts(report))
    if report.tasks:
        console.print(_tasks(report.tasks))
    _print_account(report.account, console)
    if result.number:
        console.print(_result(result))
    elif report.delivered is None:
        console.print("The result is empty.")
    hidden = result.number - len(result.rows)
    if hidden:
        console.print(f"... and {hidden:,} more (--top N, or --format json for all)")
    for problem in problems:
        console.print(Text(for_terminal(problem), style="bold red"))


def _pipeline_facts(report: PipelineReport[Any]) -> Table:
    summary = report.summary
    facts = _facts()
    facts.add_row("elements", f"{report.elements:,} of the input")
    _add_attempts(facts, summary)
    if report.delivered is not None:
        facts.add_row("delivered", counted(report.delivered, "row"))
    if report.cache_hits:
        hits = ", ".join(f"{number:,} results of {name}" for name, number in report.cache_hits.items())
        facts.add_row("remembered", Text(for_terminal(hits)))
    _add_course(facts, summary, kept="part", floor="simulated waits, retry delays, limits and rates allow")
    if summary.faults.profile != "none":
        facts.add_row(
            "seed", f"{summary.seed} (faults {summary.faults.profile}, latency scale {summary.faults.latency_scale:g})"
        )
    for warning in report.warnings:
        facts.add_row("warning", Text(for_terminal(warning)))
    return facts


def _facts() -> Table:
    facts = Table.grid(padding=(0, 2))
    facts.add_column(no_wrap=True)
    facts.add_column(overflow="fold")
    return facts


def _add_attempts(facts: Table, run: RunReport | RunSummary) -> None:
    facts.add_row(
        "attempts", f"{run.attempts:,}, of which {counted(run.retries, 'retry', 'retries')}; {run.lost:,} lost"
    )


def _add_course(facts: Table, run: RunReport | RunSummary, *, kept: str, floor: str) -> None:
    """Add how the run went.

    Args:
        facts: The table that gets a row for each fact that there is.
        run: What the facts are of.
        kept: What one piece of the work is called that the checkpoint of an earlier run had.
        floor: What bounds the run time from below.
    """
    if run.resumed_items:
        taken = f"{counted(run.resumed_items, kept)} of an earlier run, taken over from {run.checkpoint}"
        facts.add_row("resumed", Text(for_terminal(taken)))
    if run.choice:
        facts.add_row("choice", Text(for_terminal(run.choice)))
    if run.startup >= NOTABLE_STARTUP:
        facts.add_row("start-up", f"{_time(run.startup)} until {run.orchestrator} could take work")
    if run.floor:
        facts.add_row("floor", f"{_time(run.floor)} (the least that {floor})")


def _tasks(tasks: Mapping[str, TaskStats]) -> Table:
    """Return what became of each task's items."""
    table = Table(box=None, pad_edge=False)
    table.add_column("task", overflow="fold")
    for column in ("items", "attempts", "retries", "failed"):
        table.add_column(column, justify="right", no_wrap=True)
    for name, stats in tasks.items():
        table.add_row(name, f"{stats.items:,}", f"{stats.attempts:,}", f"{stats.retries:,}", f"{stats.failures:,}")
    return table


def _print_account(account: TimeAccount | None, console: TableConsole) -> None:
    """Print where the time went, if the run was asked to keep that."""
    if account is not None:
        from pipeline_optimization.cli.account_table import account_table  # noqa: PLC0415 - for runs with --detailed

        console.print(account_table(account))


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


def _time(milliseconds: float) -> str:
    return f"{milliseconds / 1000:,.2f} s" if milliseconds >= 10_000 else f"{milliseconds:,.1f} ms"
