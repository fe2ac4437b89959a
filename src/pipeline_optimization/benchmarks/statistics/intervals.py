"""Exact intervals that assume nothing about a distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

from scipy.stats import binom

from pipeline_optimization.benchmarks.summary_row import Interval

__all__ = ["LEVEL", "geometric_mean", "mad", "median_interval", "ratio_interval"]

LEVEL = 0.95


def median_interval(values: Sequence[float], *, level: float = LEVEL) -> Interval | None:
    """Return the exact interval of the median between two order statistics, or None if there are too few values.

    The number of values below the true median is binomial(n, 1/2). So the interval from the k-th smallest to the k-th largest value misses it with a
    probability of at most 2 P(X < k) (Conover, "Practical Nonparametric Statistics", section 3.2). At 95 % that takes 6 values.
    """
    n = len(values)
    # The largest k for which 2 P(X <= k - 1) is at most the allowed probability of missing.
    k = sum(1 for below in range(n // 2) if 2 * binom.cdf(below, n, 0.5) <= 1 - level)
    if k < 1:
        return None
    ordered = sorted(values)
    return ordered[k - 1], ordered[n - k]


def ratio_interval(
    values: Sequence[float], references: Sequence[float], *, level: float = LEVEL
) -> tuple[float, Interval | None]:
    """Return the median of paired ratios with its exact interval, computed on logarithms."""
    logs = [math.log(value / reference) for value, reference in zip(values, references, strict=True)]
    interval = median_interval(logs, level=level)
    return math.exp(median(logs)), None if interval is None else (math.exp(interval[0]), math.exp(interval[1]))


def mad(values: Sequence[float]) -> float:
    """Return the median absolute deviation from the median."""
    middle = median(values)
    return median(abs(value - middle) for value in values)


def geometric_mean(ratios: Sequence[float]) -> float:
    """Return the mean for which twice as fast and twice as slow have the same weight."""
    return math.exp(sum(map(math.log, ratios)) / len(ratios))
