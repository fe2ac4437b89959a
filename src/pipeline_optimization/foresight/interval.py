"""The interval of a predicted time, in which nine of ten runs should be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import stdev

__all__ = ["MODEL_ERROR", "NORMAL_95", "chance_of", "interval"]

MODEL_ERROR = 0.04
"""The standard deviation of measured times around predicted ones, as a share of them, that the model leaves out.

``hatch run foresight`` prints the value with which nine of ten intervals cover. The last score printed 0.044."""

NORMAL_95 = 1.645
"""The 95 % quantile of the normal distribution with a standard deviation of 1."""

T_95 = (6.31, 2.92, 2.35, 2.13, 2.02, 1.94, 1.89, 1.86, 1.83, 1.81)
"""The 95 % quantiles of Student's distribution with 1 to 10 degrees of freedom."""


def chance_of(seconds: Sequence[float]) -> float:
    """Return the standard deviation of the logarithms of times: by what share they differ. It is 0 for fewer than two."""
    return stdev(map(math.log, seconds)) if len(seconds) > 1 and min(seconds) > 0 else 0.0


def interval(middle: float, *, chance: float, number: int, model_error: float) -> tuple[float, float]:
    """Return the 90 % interval for one more run than ``number`` random ones, symmetric for the time's logarithm: no run takes less than nothing."""
    quantile = T_95[min(number - 1, len(T_95)) - 1] if number > 1 else NORMAL_95
    spread = math.hypot(quantile * chance * math.sqrt(1 + 1 / max(1, number)), NORMAL_95 * model_error)
    return middle * math.exp(-spread), middle * math.exp(spread)
