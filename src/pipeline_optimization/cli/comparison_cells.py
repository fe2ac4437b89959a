"""What stands in the cells of a comparison."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from attrs import frozen
from rich.text import Text

from pipeline_optimization.benchmarks.records import SummaryRow

__all__ = ["METRICS", "Cell", "Metric", "cell_of", "verdict_of"]

NOTHING = "n/a"


@frozen
class Cell:
    """A figure as text, and whether it is the best or tied with it."""

    text: str
    mark: Literal["best", "tied"] | None = None


@frozen(kw_only=True)
class Metric:
    """A column: ``name`` is what marks call it, empty for one that is never marked."""

    header: str
    text: Callable[[SummaryRow], str]
    name: str = ""
    is_detail: bool = False
    profile: str = ""

    def is_shown(self, profile: str, *, detailed: bool) -> bool:
        """Return whether a table has the column: details if asked for, or where the profile is about them."""
        return detailed or not self.is_detail or self.profile == profile


def cell_of(row: SummaryRow, metric: Metric) -> Cell:
    return Cell(metric.text(row), row.marks.get(metric.name) if metric.name else None)


def verdict_of(row: SummaryRow) -> Text:
    """Return the verdict with the faults that led to it."""
    style = {"best": "bold green", "tied": "green", "wrong": "bold red", "failed": "bold red"}.get(row.verdict, "")
    faults = f" ({', '.join(row.problems)})" if row.problems else ""
    return Text({"tied": "tied best"}.get(row.verdict, row.verdict) + faults, style=style)


def _success(row: SummaryRow) -> str:
    if row.success_rate is None:
        return NOTHING
    expected = row.expected_success_rate
    differs = expected is not None and abs(expected - row.success_rate) > 1e-9
    return f"{row.success_rate:.1%}" + (f" (expected {expected:.1%})" if differs else " ✓")


def _runtime(row: SummaryRow) -> str:
    if row.runtime_ms is None:
        return NOTHING
    low_high = "" if row.interval_ms is None else f" [{_ms(row.interval_ms[0])}, {_ms(row.interval_ms[1])}]"
    return _ms(row.runtime_ms) + low_high


def _ratio(row: SummaryRow) -> str:
    if row.ratio is None:
        return NOTHING
    if row.ratio_interval is None:
        return f"{row.ratio:.3g}x"
    return f"{row.ratio:.3g}x [{row.ratio_interval[0]:.3g}, {row.ratio_interval[1]:.3g}]"


def _ms(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _number(form: str, get: Callable[[SummaryRow], float | None]) -> Callable[[SummaryRow], str]:
    def text(row: SummaryRow) -> str:
        value = get(row)
        return NOTHING if value is None else format(value, form)

    return text


def _quantiles(row: SummaryRow) -> str:
    found = row.task_ms_quantiles
    return (
        " / ".join(_ms(found[name]) if name in found else NOTHING for name in ("p50", "p95", "p99"))
        if found
        else NOTHING
    )


METRICS: Sequence[Metric] = (
    Metric(header="success", name="success_rate", text=_success),
    Metric(header="mean ms [95 % of median]", name="runtime_ms", text=_runtime),
    Metric(header="vs {reference}", text=_ratio),
    Metric(header="words/s", name="words_per_second", text=_number(",.0f", lambda row: row.words_per_second)),
    Metric(header="peak MiB", name="memory_peak_mib", text=_number(".1f", lambda row: row.memory_peak_mib)),
    Metric(header="growth MiB", name="memory_growth_mib", text=_number("+.2f", lambda row: row.memory_growth_mib)),
    Metric(header="CPU %", name="cpu_percent", text=_number(".0f", lambda row: row.cpu_percent)),
    Metric(
        header="overlap", is_detail=True, profile="latency", text=_number(".0%", lambda row: row.overlap_efficiency)
    ),
    Metric(header="median ms", is_detail=True, text=_number(".4g", lambda row: row.median_ms)),
    Metric(header="min ms", is_detail=True, text=_number(".4g", lambda row: row.min_ms)),
    Metric(header="max ms", is_detail=True, text=_number(".4g", lambda row: row.max_ms)),
    Metric(header="MAD ms", is_detail=True, text=_number(".3g", lambda row: row.mad_ms)),
    Metric(header="import ms", is_detail=True, text=_number(",.0f", lambda row: row.import_ms)),
    Metric(header="set-up ms", is_detail=True, text=_number(",.0f", lambda row: row.setup_ms)),
    Metric(header="cold ms", is_detail=True, text=_number(",.0f", lambda row: row.cold_ms)),
    Metric(header="start-up ms", is_detail=True, text=_number(",.0f", lambda row: row.startup_ms)),
    Metric(header="tear-down ms", is_detail=True, text=_number(",.0f", lambda row: row.teardown_ms)),
    Metric(header="task p50/p95/p99 ms", is_detail=True, text=_quantiles),
    Metric(header="upper MiB", is_detail=True, text=_number(".0f", lambda row: row.memory_upper_mib)),
    Metric(header="processes", is_detail=True, text=_number("d", lambda row: row.processes)),
)
