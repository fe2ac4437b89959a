"""The columns of a comparison, defined once for every output: titles, number formats, and when each is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from attrs import frozen

from pipeline_optimization.benchmarks.reports import quantities
from pipeline_optimization.benchmarks.reports.quantities import decimals_for, number
from pipeline_optimization.benchmarks.summary_row import Mark, SummaryRow

__all__ = ["COLUMNS", "CONTENDER_TITLE", "MARKS", "VERDICT_TITLE", "Cell", "Column", "Level", "verdict_words"]

CONTENDER_TITLE = "contender"
VERDICT_TITLE = "against best"
"""It says against what the verdict is. The column beside it is against the reference, and a contender may be slower than one and faster than the
other."""

MARKS: dict[Mark, str] = {"best": "★", "leading": "", "tied": "≈"}
"""The signs of values that are certainly the best, and of those tied with it. All three are green."""

VERDICTS = {
    "best": "best",
    "tied": "tied best",
    "slower": "slower",
    "unranked": "not ranked",
    "wrong": "wrong answers",
    "failed": "failed",
}

Level = Literal["essential", "main", "detail"]
"""``essential``: shown at any width. ``main``: shown if there is room. ``detail``: shown if asked for."""


@frozen(kw_only=True)
class Cell:
    """A value as text, with its interval or explanation as a lesser ``detail``."""

    text: str
    detail: str = ""
    mark: Mark | None = None


@frozen(kw_only=True)
class Column:
    """A figure.

    Attributes:
        name: The name of the record's field and of its mark.
        title: The title, which may name the reference of ratios.
        level: When it is shown.
        cells: Returns the cells of all rows.
        detail_title: The title of the cells' ``detail``.
    """

    name: str
    title: str
    cells: Callable[[Sequence[SummaryRow], str], Sequence[Cell]]
    level: Level = "detail"
    detail_title: str = ""


def verdict_words(row: SummaryRow, rows: Sequence[SummaryRow]) -> str:
    """Return a row's verdict in words. It is empty for a row that has no fault and is compared with no other.

    Args:
        row: The row of one contender.
        rows: All rows of its table. If another one is tied with the best, the best is called tied too.
    """
    if not row.problems and row.verdict == "unranked":
        if len(rows) == 1:
            return ""
        # An interrupted comparison ends before every contender had a turn.
        return "not measured" if row.is_unmeasured else "undecided"
    has_ties = any(other.verdict == "tied" for other in rows)
    return VERDICTS["tied" if row.verdict == "best" and has_ties else row.verdict]


def _count(name: str) -> Column:
    def cells(rows: Sequence[SummaryRow], _reference: str) -> Sequence[Cell]:
        return [Cell(text=number(getattr(row, name) or None, 0)) for row in rows]

    return Column(name=name, title=name, cells=cells)


def _numbers(value_of: Callable[[SummaryRow], float | None]) -> Callable[[Sequence[SummaryRow], str], Sequence[Cell]]:
    def cells(rows: Sequence[SummaryRow], _reference: str) -> Sequence[Cell]:
        values = [value_of(row) for row in rows]
        decimals = decimals_for(values)
        return [Cell(text=number(value, decimals)) for value in values]

    return cells


def _success(rows: Sequence[SummaryRow], _reference: str) -> Sequence[Cell]:
    """A rate below 100 % also says what the injected faults allowed, so that a tick never makes failures look like success."""

    def cell(row: SummaryRow) -> Cell:
        expected = row.expected_success_rate
        if row.success_rate is None or expected is None or (row.success_rate == 1.0 and expected == 1.0):
            return Cell(text=quantities.percent(row.success_rate))
        allowed = "no more" if row.success_rate == expected else quantities.percent(expected)
        return Cell(text=quantities.percent(row.success_rate), detail=f"(faults allow {allowed})")

    return [cell(row) for row in rows]


def _runtime(rows: Sequence[SummaryRow], _reference: str) -> Sequence[Cell]:
    decimals = decimals_for(row.runtime_ms for row in rows)
    return [
        Cell(text=number(row.runtime_ms, decimals), detail=quantities.interval(row.interval_ms, decimals))
        for row in rows
    ]


def _ratio(rows: Sequence[SummaryRow], reference: str) -> Sequence[Cell]:
    return [
        Cell(text="reference")
        if row.contender == reference and row.ratio is not None
        else Cell(
            text=quantities.pace(row.ratio, row.ratio_interval),
            detail=quantities.pace_interval(row.ratio, row.ratio_interval),
        )
        for row in rows
    ]


def _plain(name: str, title: str, level: Level = "detail") -> Column:
    return Column(name=name, title=title, level=level, cells=_numbers(lambda row: getattr(row, name)))


def _quantile(name: str) -> Column:
    return Column(
        name=f"task_{name}_ms",
        title=f"task {name} ms",
        cells=_numbers(lambda row: row.task_ms_quantiles.get(name)),
    )


COLUMNS: Sequence[Column] = (
    Column(name="runtime_ms", title="mean ms", detail_title="[95 % of median]", level="essential", cells=_runtime),
    Column(name="ratio", title="against {reference}", detail_title="[95 %]", level="essential", cells=_ratio),
    Column(name="success_rate", title="success", level="essential", cells=_success),
    _plain("words_per_second", "words/s", "main"),
    _plain("memory_peak_mib", "peak MiB", "main"),
    _plain("cpu_percent", "CPU %", "main"),
    _plain("memory_growth_mib", "growth MiB", "main"),
    _count("rounds"),
    _count("executions"),
    _plain("median_ms", "median ms"),
    _plain("min_ms", "min ms"),
    _plain("max_ms", "max ms"),
    _plain("mad_ms", "MAD ms"),
    _plain("floor_ms", "floor ms"),
    Column(
        name="overlap_efficiency",
        title="overlap %",
        cells=_numbers(lambda row: None if row.overlap_efficiency is None else row.overlap_efficiency * 100),
    ),
    _plain("import_ms", "import ms"),
    _plain("setup_ms", "set-up ms"),
    _plain("cold_ms", "cold ms"),
    _plain("startup_ms", "start-up ms"),
    _plain("teardown_ms", "tear-down ms"),
    *(_quantile(name) for name in ("p50", "p95", "p99", "max")),
    _plain("cpu_s_per_1000_words", "CPU s per 1000 words"),
    _plain("memory_upper_mib", "upper MiB"),
    _plain("leak_mib_per_run", "leak MiB/run"),
    _count("processes"),
)
"""Every figure, in the order in which it is shown. The first three are in every table, after the verdict."""
