"""Which differences a table can tell apart."""

from __future__ import annotations

from collections.abc import Sequence
from math import expm1, log
from statistics import median

from pipeline_optimization.benchmarks.records import SummaryRow

__all__ = ["resolution"]


def resolution(rows: Sequence[SummaryRow], reference: str) -> float | None:
    """Return the median half-width of the intervals of the ratios to the reference, as a share; None without any."""
    halves = [
        log(row.ratio_interval[1] / row.ratio_interval[0]) / 2
        for row in rows
        if row.ratio_interval is not None and row.contender != reference and row.ratio_interval[0] > 0
    ]
    return expm1(median(halves)) if halves else None
