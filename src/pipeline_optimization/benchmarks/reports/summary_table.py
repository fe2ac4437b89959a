"""The summary as tables of text and marks. Terminal, Markdown and HTML only format them."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, frozen

from pipeline_optimization.benchmarks.problems import meaning_of
from pipeline_optimization.benchmarks.reports.columns import COLUMNS, Cell, Level, verdict_words
from pipeline_optimization.benchmarks.reports.quantities import NOTHING, number
from pipeline_optimization.benchmarks.results import CaseRecord, Results
from pipeline_optimization.benchmarks.statistics.wording import remark_on
from pipeline_optimization.benchmarks.summary_row import SummaryRow, Verdict
from pipeline_optimization.plural import counted

__all__ = [
    "SummaryTable",
    "TableColumn",
    "TableRow",
    "group_rows",
    "problem_sentences",
    "summary_tables",
    "titled",
    "unit_of",
]

ORDER: Sequence[Verdict] = ("best", "tied", "slower", "unranked", "wrong", "failed")
"""The order of rows by their verdicts, from the best on."""


LONGEST_REFERENCE = 20
"""A longer name of the reference would make its column too wide. Then only its row says that it is the reference."""

RETRIES = {"own": "a loop of its own", "none": "no retries"}
"""The name of retries that follow no policy in records, and the one in reports."""


@frozen(kw_only=True)
class TableColumn:
    """A column of one table, with its complete title and a cell for each row."""

    name: str
    title: str
    detail_title: str
    level: Level
    cells: Sequence[Cell]


@frozen(kw_only=True)
class TableRow:
    """A contender, its verdict in words, and what is wrong with it as sentences."""

    contender: str
    verdict: Verdict
    verdict_text: str
    notes: Sequence[str]
    problems: Sequence[str]


@frozen(kw_only=True)
class SummaryTable:
    """One case and profile: rows from the best to those that did not finish, and the columns that have anything to say.

    Attributes:
        advice: What to use in this case, if there are several cases.
        remark: What the columns do not show.
        retries: Which contenders retry differently from the others, unless an earlier table has said so.
    """

    case: str
    profile: str
    heading: str
    advice: str
    remark: str
    retries: str
    columns: Sequence[TableColumn]
    rows: Sequence[TableRow]

    def columns_of(self, *levels: Level) -> list[TableColumn]:
        """Return the columns of some levels."""
        return [column for column in self.columns if column.level in levels]


def unit_of(results: Results) -> str:
    """Return what inputs are counted in."""
    return "word" if results.run.pipeline is None else "element"


def titled(title: str, results: Results) -> str:
    """Return a column's title in the unit of the results."""
    return title.replace("word", unit_of(results))


def group_rows(results: Results) -> dict[tuple[str, str], list[SummaryRow]]:
    """Return the summary's rows by (case, profile), each group from the best to those that did not finish."""
    groups: dict[tuple[str, str], list[SummaryRow]] = {}
    for row in results.summary:
        groups.setdefault((row.case, row.profile), []).append(row)
    return {key: sorted(rows, key=_place) for key, rows in groups.items()}


def summary_tables(results: Results) -> list[SummaryTable]:
    """Return a table for each case and profile."""
    tables: list[SummaryTable] = []
    for (case, profile), rows in group_rows(results).items():
        table = _table(results, case, profile, rows)
        is_said = any(table.retries == earlier.retries for earlier in tables)
        tables.append(evolve(table, retries="") if is_said else table)
    return tables


def problem_sentences(row: SummaryRow, *, is_pipeline: bool = False) -> list[str]:
    """Return what is wrong with a contender: the meanings of its problems, the reasons of its verdict, then notes."""
    meanings = [meaning_of(code, is_pipeline=is_pipeline) for code in row.problems]
    return list(dict.fromkeys([*meanings, *row.reasons, *row.notes]))


def _place(row: SummaryRow) -> tuple[int, int, float, str]:
    """Return the sort key of a row: faults, then whether it is among the best, then the time that is shown."""
    is_ranked = row.verdict in {"best", "tied"}
    fault = 1 + ORDER.index(row.verdict) if row.problems else 0
    return fault, not is_ranked, row.runtime_ms or 0.0, row.contender


def _table(results: Results, case: str, profile: str, rows: Sequence[SummaryRow]) -> SummaryTable:
    record = next((one for one in results.cases if (one.case, one.profile) == (case, profile)), None)
    return SummaryTable(
        case=case,
        profile=profile,
        heading=_heading(results, case, profile, record, rows),
        advice=_advice(results, case, profile),
        remark=remark_on(results, record, rows) if record else "",
        retries=_retries(results, [row.contender for row in rows]),
        columns=_columns(results, rows),
        rows=[
            TableRow(
                contender=row.contender,
                verdict=row.verdict,
                verdict_text=verdict_words(row, rows),
                notes=problem_sentences(row, is_pipeline=results.run.pipeline is not None),
                problems=row.problems,
            )
            for row in rows
        ],
    )


def _advice(results: Results, case: str, profile: str) -> str:
    found = results.recommendation.by_case
    return next((one.why for one in found if (one.case, one.profile) == (case, profile)), "") if len(found) > 1 else ""


def _retries(results: Results, names: Sequence[str]) -> str:
    """Return how contenders retry, or an empty text if all do the same, if names say it, or if the run's policy is not known."""
    common = results.run.retry
    known = [one for one in results.contenders if one.name in names and one.retry]
    if all("retry" in {path.partition(".")[0] for path in one.options} for one in known):
        return ""
    ways: dict[str, list[str]] = {}
    for one in known:
        ways.setdefault(one.retry, []).append(one.name)
    if len(ways) < 2 or not common:
        return ""
    listed = "; ".join(f"{', '.join(found)}: {RETRIES.get(way, way)}" for way, found in ways.items() if way != common)
    # No contender may have the run's policy, because variants have their own.
    rule = f". All have {common}, but {listed}" if common in ways else f": {listed}"
    return f"Retry policies differ, which changes times{rule}."


def _columns(results: Results, rows: Sequence[SummaryRow]) -> list[TableColumn]:
    reference = results.run.reference
    found = []
    for column in COLUMNS:
        if column.name == "ratio" and len(rows) == 1:
            continue
        cells = [
            evolve(cell, mark=row.marks.get(column.name))
            for cell, row in zip(column.cells(rows, reference), rows, strict=True)
        ]
        if column.level != "essential" and all(cell.text == NOTHING for cell in cells):
            continue
        title = titled(column.title, results).format(
            reference=reference if len(reference) <= LONGEST_REFERENCE else "reference"
        )
        detail_title = column.detail_title if any(cell.detail for cell in cells) else ""
        found.append(
            TableColumn(name=column.name, title=title, detail_title=detail_title, level=column.level, cells=cells)
        )
    return found


def _heading(results: Results, case: str, profile: str, record: CaseRecord | None, rows: Sequence[SummaryRow]) -> str:
    is_interrupted = results.run.is_interrupted
    rounds = record.rounds if record and record.rounds else max((row.rounds for row in rows), default=0)
    # The rounds that all contenders without a fault had. What was planned may not have been done.
    done = min((row.rounds for row in rows if not row.problems), default=rounds)
    times = counted(rounds, "round")
    if is_interrupted and not rounds:
        times = "interrupted before round 1"
    elif is_interrupted and done < rounds:
        times = f"interrupted in round {done + 1}"
    words = f"{number(record.words, 0)} {counted(record.words, unit_of(results)).partition(' ')[2]}, " if record else ""
    return f"{profile} · {case} ({words}{times}, random order)"
