"""Chooses the columns of a comparison that fit into the width of a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, frozen
from rich.table import Table
from rich.text import Text

from pipeline_optimization.benchmarks.reports.columns import CONTENDER_TITLE, MARKS, VERDICT_TITLE, Cell
from pipeline_optimization.benchmarks.reports.summary_table import SummaryTable, TableColumn, TableRow
from pipeline_optimization.benchmarks.summary_row import Mark
from pipeline_optimization.cli.console import TableConsole, for_terminal

__all__ = ["detail_tables", "main_table"]

MARK_STYLES: dict[Mark | None, str] = {"best": "bold green", "leading": "green", "tied": "green", None: ""}
VERDICT_STYLES = {"best": "bold green", "tied": "green", "wrong": "bold red", "failed": "bold red"}


@frozen(kw_only=True)
class _Extra:
    """Something that is shown if there is room: a whole column, or the details of a column that is always shown."""

    column: TableColumn
    is_detail: bool


def main_table(table: SummaryTable, console: TableConsole) -> tuple[Table, Sequence[TableColumn]]:
    """Return the table with as many columns as fit, and the columns that do not fit.

    The essential columns are shown at any width. If it is too small for them, names wrap, unless the console is widened.
    """
    essential = [_without_details(column) for column in table.columns_of("essential")]
    extras = _extras(table)
    for count in range(len(extras), -1, -1):
        shown = _with_extras(essential, extras[:count])
        drawn = _drawn(table, shown, has_verdicts=True)
        if console.width_of(drawn) <= console.width:
            break
    names = {column.name for column in shown}
    return drawn, [column for column in table.columns_of("main") if column.name not in names]


def detail_tables(table: SummaryTable, left_out: Sequence[TableColumn], console: TableConsole) -> list[Table]:
    """Return the columns that the main table had no room for, and all details, as tables that fit."""
    found: list[Table] = []
    chunk: list[TableColumn] = []
    for column in [*left_out, *table.columns_of("detail")]:
        if chunk and console.width_of(_drawn(table, [*chunk, column], has_verdicts=False)) > console.width:
            found.append(_drawn(table, chunk, has_verdicts=False))
            chunk = []
        chunk.append(column)
    return [*found, _drawn(table, chunk, has_verdicts=False)] if chunk else found


def _extras(table: SummaryTable) -> list[_Extra]:
    """Return all that may be added to the essential columns, the most telling first."""
    essential = {column.name: column for column in table.columns_of("essential")}
    details = [
        _Extra(column=essential[name], is_detail=True)
        for name in ("runtime_ms", "ratio", "success_rate")
        if name in essential and any(cell.detail for cell in essential[name].cells)
    ]
    main = [_Extra(column=one, is_detail=False) for one in table.columns_of("main")]
    intervals = [extra for extra in details if extra.column.name == "runtime_ms"]
    return [*intervals, *main, *(extra for extra in details if extra not in intervals)]


def _with_extras(essential: Sequence[TableColumn], extras: Sequence[_Extra]) -> list[TableColumn]:
    whole = {extra.column.name: extra.column for extra in extras if extra.is_detail}
    return [
        *(whole.get(column.name, column) for column in essential),
        *(extra.column for extra in extras if not extra.is_detail),
    ]


def _without_details(column: TableColumn) -> TableColumn:
    return evolve(column, detail_title="", cells=[evolve(cell, detail="") for cell in column.cells])


def _drawn(table: SummaryTable, columns: Sequence[TableColumn], *, has_verdicts: bool) -> Table:
    drawn = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    drawn.add_column(CONTENDER_TITLE, overflow="fold")
    has_verdicts = has_verdicts and any(row.verdict_text for row in table.rows)
    if has_verdicts:
        drawn.add_column(VERDICT_TITLE, no_wrap=True)
    for column in columns:
        title = Text(f"{for_terminal(column.title)} {column.detail_title}".rstrip())
        drawn.add_column(title, justify="right", no_wrap=True)
    for index, row in enumerate(table.rows):
        verdict = [_verdict(row)] if has_verdicts else []
        drawn.add_row(
            Text(for_terminal(row.contender)), *verdict, *(_styled(column.cells[index]) for column in columns)
        )
    return drawn


def _verdict(row: TableRow) -> Text:
    return Text(row.verdict_text, style=VERDICT_STYLES.get(row.verdict, ""))


def _styled(cell: Cell) -> Text:
    mark = f"{MARKS[cell.mark]} " if cell.mark else ""
    text = Text(for_terminal(f"{mark}{cell.text}"), style=MARK_STYLES[cell.mark])
    return text.append(f" {for_terminal(cell.detail)}", style="dim") if cell.detail else text
