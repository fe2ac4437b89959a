"""Results as Markdown: what to use, the summary tables with their marks, what is wrong with which contender, warnings, and how it was done."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import count

from pipeline_optimization.benchmarks.reports.answer import answer_of
from pipeline_optimization.benchmarks.reports.columns import CONTENDER_TITLE, MARKS, VERDICT_TITLE, Cell
from pipeline_optimization.benchmarks.reports.method import KNOWN_BIASES
from pipeline_optimization.benchmarks.reports.overview import LEGEND, fact_list, interruption
from pipeline_optimization.benchmarks.reports.summary_table import SummaryTable, TableRow, summary_tables
from pipeline_optimization.benchmarks.results import Results
from pipeline_optimization.printable import printable

__all__ = ["results_to_markdown"]

# In CommonMark a backslash may stand before any ASCII punctuation. These characters can have a meaning within a line.
_ACTIVE = re.compile(r"([\\`*_\[\]|~#!$^])")
_LINE_STARTS = re.compile(r"^(\d+)?([-+.)=:])")


def results_to_markdown(results: Results) -> str:
    """Return a document in CommonMark with tables (GFM)."""
    return "\n".join(_lines(results)).rstrip("\n") + "\n"


def _lines(results: Results) -> Iterator[str]:
    yield "# Comparison of orchestrators"
    yield ""
    answer = answer_of(results)
    if answer.sentence:
        yield f"**{_text(answer.sentence)}**\n"
    yield from _items(answer.more)
    if results.run.is_interrupted:
        yield f"**{interruption(results)}**\n"
    footnotes = count(1)
    tables = summary_tables(results)
    for table in tables:
        yield from _section(table, footnotes)
    # Markdown uses italics where a terminal uses green.
    yield (
        f"{LEGEND.replace('green:', 'italic:')}\n"
        if tables
        else "There is no summary and no verdict: no round was completed.\n"
    )
    if results.warnings:
        yield "## Warnings\n"
        yield from _items(
            [f"{warning.where}: {warning.text}" if warning.where else warning.text for warning in results.warnings]
        )
    yield "## Run\n"
    yield from _code(results.run.command)
    yield from _definitions(fact_list(results))
    yield "## Contenders\n"
    yield from _table(
        ["Name", "Kind", "Source", "Version", "SHA-256"],
        [[_text(value) for value in (c.name, c.kind, c.source, c.version, c.sha256)] for c in results.contenders],
    )
    yield "## Machine\n"
    yield from _definitions(results.machine.items())
    yield "## Known biases\n"
    yield from _items(KNOWN_BIASES)


def _section(table: SummaryTable, footnotes: Iterator[int]) -> Iterator[str]:
    noted = [(row, next(footnotes)) for row in table.rows if row.notes]
    numbers = {row.contender: number for row, number in noted}
    columns = table.columns_of("essential", "main")
    yield f"## {_text(table.heading)}\n"
    if table.advice:
        yield f"{_text(table.advice)}\n"
    yield from _table(
        [CONTENDER_TITLE, VERDICT_TITLE, *(_text(f"{one.title} {one.detail_title}".rstrip()) for one in columns)],
        [
            [_text(row.contender), _verdict(row, numbers.get(row.contender)), *(_cell(one.cells[i]) for one in columns)]
            for i, row in enumerate(table.rows)
        ],
        text_columns=2,
    )
    for row, number in noted:
        yield f"{number}. {_text(row.contender)}: {' '.join(_text(note) for note in row.notes)}"
    if noted:
        yield ""
    for sentence in (table.remark, table.retries):
        if sentence:
            yield f"{_text(sentence)}\n"


def _verdict(row: TableRow, footnote: int | None) -> str:
    return f"{row.verdict_text} ({footnote})" if footnote else row.verdict_text


def _cell(cell: Cell) -> str:
    """Return a cell. What a terminal shows in green is italic here, and bold if it is certain."""
    value = f"{MARKS[cell.mark]} {cell.text}".lstrip() if cell.mark else cell.text
    if cell.mark:
        value = f"**{value}**" if cell.mark == "best" else f"*{value}*" if cell.mark == "leading" else value
    return f"{value} {_text(cell.detail)}".rstrip()


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], *, text_columns: int | None = None) -> Iterator[str]:
    """Yield a table whose first columns are text, or all if the number is not given. The other columns are numbers."""
    texts = len(header) if text_columns is None else text_columns
    rules = ["---" if index < texts else "---:" for index in range(len(header))]
    for cells in (header, rules, *rows):
        yield f"| {' | '.join(cells)} |"
    yield ""


def _definitions(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield from _table(["", ""], [[_text(term), _text(value)] for term, value in pairs])


def _items(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        yield f"- {_text(text)}"
    if texts:
        yield ""


def _code(text: str) -> Iterator[str]:
    """Yield a code block whose fence is longer than any run of backticks in the text."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}\n{printable(text)}\n{fence}\n"


def _text(text: str) -> str:
    """Return text that Markdown shows as it is: on one line, with nothing active in it."""
    shown = _ACTIVE.sub(r"\\\1", printable(text))
    shown = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _LINE_STARTS.sub(r"\1\\\2", shown)
