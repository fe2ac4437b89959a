"""The summary as tables of text and marks, which Markdown and HTML only dress."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import frozen

from pipeline_optimization.benchmarks.problems import PROBLEMS
from pipeline_optimization.benchmarks.records import Mark, Results, SummaryRow, Verdict
from pipeline_optimization.benchmarks.reports import quantities
from pipeline_optimization.benchmarks.reports.quantities import NOTHING, decimals_for, number
from pipeline_optimization.benchmarks.statistics.resolution import resolution

__all__ = ["MARKS", "Cell", "SummaryTable", "TableRow", "group_rows", "problem_sentences", "summary_tables"]

MARKS = {"best": "★", "tied": "≈"}
"""The signs that carry the meaning, so that nothing is lost without colours."""

_VERDICTS: dict[Verdict, str] = {
    "best": "best",
    "tied": "tied best",
    "slower": "slower",
    "unranked": "not ranked",
    "wrong": "wrong answers",
    "failed": "failed",
}


@frozen(kw_only=True)
class Cell:
    """A value as text, with its interval or expectation as a lesser ``detail``."""

    text: str
    detail: str = ""
    mark: Mark | None = None


@frozen(kw_only=True)
class TableRow:
    """A contender's cells, its verdict in words, and what is wrong with it as sentences."""

    contender: str
    verdict: Verdict
    verdict_text: str
    cells: Sequence[Cell]
    details: Sequence[Cell]
    notes: Sequence[str]
    is_reference: bool


@frozen(kw_only=True)
class SummaryTable:
    """One case and profile. ``resolution`` is the smallest relative difference that it can tell apart, if known."""

    case: str
    profile: str
    columns: Sequence[str]
    detail_columns: Sequence[str]
    rows: Sequence[TableRow]
    rounds: int
    resolution: float | None


def group_rows(results: Results) -> dict[tuple[str, str], list[SummaryRow]]:
    """Return the summary's rows by (case, profile), in the order of their first."""
    groups: dict[tuple[str, str], list[SummaryRow]] = {}
    for row in results.summary:
        groups.setdefault((row.case, row.profile), []).append(row)
    return groups


def summary_tables(results: Results) -> list[SummaryTable]:
    """Return a table for each case and profile."""
    return [_table(results, case, profile, rows) for (case, profile), rows in group_rows(results).items()]


def problem_sentences(row: SummaryRow) -> list[str]:
    """Return what is wrong with a contender: what its problems mean, the reasons of its verdict, then notes."""
    meanings = [PROBLEMS[code].meaning if code in PROBLEMS else f"{code}." for code in row.problems]
    return list(dict.fromkeys([*meanings, *row.reasons, *row.notes]))


def _table(results: Results, case: str, profile: str, rows: Sequence[SummaryRow]) -> SummaryTable:
    methods = {sample.memory_method for sample in results.samples_of(case, profile) if sample.memory_method}
    memory = f"Peak MiB ({'/'.join(sorted(methods))})" if methods else "Peak MiB"
    main = {
        "Success": ("success_rate", [_success(row) for row in rows]),
        "Avg ms [95 % CI of the median]": ("runtime_ms", _runtime(rows)),
        f"vs {results.run.reference} [95 % CI]": ("ratio", [_ratio(row, results.run.reference) for row in rows]),
        "Words/s": ("words_per_second", _numbers(rows, lambda row: row.words_per_second)),
        memory: ("memory_peak_mib", _numbers(rows, lambda row: row.memory_peak_mib)),
        "Growth MiB": ("memory_growth_mib", _numbers(rows, lambda row: row.memory_growth_mib)),
        "CPU %": ("cpu_percent", _numbers(rows, lambda row: row.cpu_percent)),
    }
    details = {title: _numbers(rows, value_of) for title, value_of in _DETAILS.items()}
    details = {title: cells for title, cells in details.items() if any(cell.text != NOTHING for cell in cells)}
    has_ties = any(row.verdict == "tied" for row in rows)
    return SummaryTable(
        case=case,
        profile=profile,
        columns=list(main),
        detail_columns=list(details),
        rows=[
            TableRow(
                contender=row.contender,
                verdict=row.verdict,
                verdict_text=_VERDICTS["tied" if row.verdict == "best" and has_ties else row.verdict],
                cells=[_marked(cells[i], row.marks.get(metric)) for metric, cells in main.values()],
                details=[cells[i] for cells in details.values()],
                notes=problem_sentences(row),
                is_reference=row.contender == results.run.reference,
            )
            for i, row in enumerate(rows)
        ],
        rounds=max((row.rounds for row in rows), default=0),
        resolution=resolution(rows, results.run.reference),
    )


def _marked(cell: Cell, mark: Mark | None) -> Cell:
    return Cell(text=cell.text, detail=cell.detail, mark=mark)


def _numbers(rows: Sequence[SummaryRow], value_of: Callable[[SummaryRow], float | None]) -> list[Cell]:
    values = [value_of(row) for row in rows]
    decimals = decimals_for(values)
    return [Cell(text=number(value, decimals)) for value in values]


def _success(row: SummaryRow) -> Cell:
    if row.success_rate is None:
        return Cell(text=NOTHING)
    expected = row.expected_success_rate
    text = quantities.percent(row.success_rate)
    if expected is None:
        return Cell(text=text)
    return Cell(
        text=text, detail="✓ expected" if row.success_rate == expected else f"(expected {quantities.percent(expected)})"
    )


def _runtime(rows: Sequence[SummaryRow]) -> list[Cell]:
    decimals = decimals_for(row.runtime_ms for row in rows)
    return [
        Cell(text=number(row.runtime_ms, decimals), detail=quantities.interval(row.interval_ms, decimals))
        for row in rows
    ]


def _ratio(row: SummaryRow, reference: str) -> Cell:
    if row.contender == reference and row.ratio is not None:
        return Cell(text=quantities.ratio(1.0), detail="(ref)")
    return Cell(text=quantities.ratio(row.ratio), detail=quantities.interval(row.ratio_interval))


def _quantile(name: str) -> Callable[[SummaryRow], float | None]:
    return lambda row: row.task_ms_quantiles.get(name)


_DETAILS: dict[str, Callable[[SummaryRow], float | None]] = {
    "Rounds": lambda row: row.rounds,
    "Executions": lambda row: row.executions,
    "Median ms": lambda row: row.median_ms,
    "Min ms": lambda row: row.min_ms,
    "Max ms": lambda row: row.max_ms,
    "MAD ms": lambda row: row.mad_ms,
    "Floor ms": lambda row: row.floor_ms,
    "Start-up ms": lambda row: row.startup_ms,
    "Overlap %": lambda row: None if row.overlap_efficiency is None else row.overlap_efficiency * 100,
    "Task p50 ms": _quantile("p50"),
    "Task p95 ms": _quantile("p95"),
    "Task p99 ms": _quantile("p99"),
    "Task max ms": _quantile("max"),
    "CPU s per 1000 words": lambda row: row.cpu_s_per_1000_words,
    "Upper MiB": lambda row: row.memory_upper_mib,
    "Leak MiB/run": lambda row: row.leak_mib_per_run,
    "Processes": lambda row: row.processes or None,
}
