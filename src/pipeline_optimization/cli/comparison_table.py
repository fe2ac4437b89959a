"""A comparison for a terminal: one table for each case and profile, marks that need no colour, and what to believe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from attrs import evolve
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipeline_optimization.benchmarks.problems import PROBLEMS
from pipeline_optimization.benchmarks.records import CaseRecord, Results, SummaryRow
from pipeline_optimization.benchmarks.reports.printable import printable
from pipeline_optimization.benchmarks.reports.summary_table import MARKS
from pipeline_optimization.cli.comparison_cells import METRICS, Cell, cell_of, verdict_of
from pipeline_optimization.cli.console import TableConsole
from pipeline_optimization.cli.scan_table import print_scans

__all__ = ["print_comparison"]


def print_comparison(results: Results, stream: TextIO, *, detailed: bool) -> None:
    """Print all tables, then the verdicts in words, the warnings, and the legend.

    A terminal that is too narrow for a table gets a block for each contender.
    """
    results = _visible(results)
    console = TableConsole(stream)
    if results.scans:
        print_scans(console, results)
    for case in results.cases if detailed or not results.scans else ():
        rows = results.rows_of(case.case, case.profile)
        if rows:
            _print_case(console, results, case, rows, detailed=detailed)
    for verdict in results.verdicts if detailed or not results.scans else ():
        console.print(Text(verdict))
    _print_warnings(console, results, detailed=detailed)
    marks = "✓ as the draws predict · ★ best · ≈ not measurably different from the best · "
    console.print(
        Text(f"\n{marks}seed {results.run.seed} · {results.run.workers} workers · {_machine(results)}", style="dim")
    )
    if detailed:
        console.print(Text("\nHow it was measured", style="bold"))
        for name, method in results.methods.items():
            console.print(Padding(Text(f"{name}: {method}"), (0, 0, 0, 2)))


def _visible(results: Results) -> Results:
    """Return the results with what contenders chose, their names and messages, made safe for a terminal."""
    return evolve(
        results,
        summary=[
            evolve(
                row,
                contender=printable(row.contender),
                reasons=[printable(reason) for reason in row.reasons],
                notes=[printable(note) for note in row.notes],
            )
            for row in results.summary
        ],
        scans=[evolve(scan, contender=printable(scan.contender)) for scan in results.scans],
        warnings=[evolve(w, where=printable(w.where), text=printable(w.text)) for w in results.warnings],
        verdicts=[printable(verdict) for verdict in results.verdicts],
    )


def _print_case(
    console: TableConsole, results: Results, case: CaseRecord, rows: Sequence[SummaryRow], *, detailed: bool
) -> None:
    console.print()
    rounds = f"{case.rounds} {'round' if case.rounds == 1 else 'rounds'}, random order"
    console.print(
        Text(
            f"{case.profile} · {case.case} ({case.words:,} {'word' if case.words == 1 else 'words'}, {rounds})",
            style="bold",
        )
    )
    ordered = sorted(rows, key=lambda row: (row.median_ms is None, row.median_ms or 0.0, row.contender))
    columns = [metric for metric in METRICS if metric.is_shown(case.profile, detailed=detailed)]
    reference = results.run.reference
    headers = [metric.header.format(reference=reference) for metric in columns]
    table = _table(headers, [[cell_of(row, metric) for metric in columns] for row in ordered], ordered)
    if not console.print_if_it_fits(table):
        for row in ordered:
            console.print(Text.assemble((row.contender, "bold"), "  ", _verdict(row, rows)))
            for header, metric in zip(headers, columns, strict=True):
                console.print(Padding(Text.assemble(f"{header:<26}", _styled(cell_of(row, metric))), (0, 0, 0, 2)))
    for row in ordered:
        for code, reason in zip(row.problems, row.reasons, strict=True):
            console.print(Text.assemble("  ", (row.contender, "bold"), f": {PROBLEMS[code].meaning} {reason}"))
        for note in row.notes:
            console.print(Text(f"  {row.contender}: {note}", style="dim"))
        if detailed and row.failures:
            counts = ", ".join(f"{kind} {count}" for kind, count in row.failures.items())
            console.print(Text(f"  {row.contender}: {counts}", style="dim"))
    console.print()


def _table(headers: Sequence[str], cells: Sequence[Sequence[Cell]], rows: Sequence[SummaryRow]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("contender", overflow="fold")
    for header in headers:
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for row, values in zip(rows, cells, strict=True):
        table.add_row(Text(row.contender), *(_styled(cell) for cell in values), _verdict(row, rows))
    return table


def _verdict(row: SummaryRow, rows: Sequence[SummaryRow]) -> Text:
    """Return a row's verdict; one that is compared with nobody, and has no fault, needs none."""
    return Text("") if len(rows) == 1 and not row.problems else verdict_of(row)


def _styled(cell: Cell) -> Text:
    mark = f"{MARKS[cell.mark]} " if cell.mark else ""
    style = {"best": "bold green", "tied": "green", None: ""}[cell.mark]
    return Text(f"{mark}{cell.text}", style=style)


def _print_warnings(console: TableConsole, results: Results, *, detailed: bool) -> None:
    if not results.warnings:
        return
    console.print(
        Text(f"\n{len(results.warnings)} warnings" if len(results.warnings) > 1 else "\n1 warning", style="yellow")
    )
    shown = results.warnings if detailed else results.warnings[:5]
    for number, warning in enumerate(shown, start=1):
        console.print(
            Text(f"  {number}. {warning.where}: {warning.text}" if warning.where else f"  {number}. {warning.text}")
        )
    if len(shown) < len(results.warnings):
        console.print(Text(f"  and {len(results.warnings) - len(shown)} more (--detailed)"))


def _machine(results: Results) -> str:
    machine = results.machine
    return f"{machine.get('cpu_count', '?')} x {machine.get('cpu', '?')} · {machine.get('python', '?')}"
