"""Times as other observations of the same number could have shown them (Efron's bootstrap), with calls that are slower than the slowest observed one.

The plain bootstrap never draws anything beyond what was observed. Where a few calls take much longer than the others, a further run often
has a slower one, and intervals are too narrow. So beyond the slowest observed call, the distribution goes on here like a log-normal one that is as
wide as the slower half of the observations.
"""

from __future__ import annotations

import math
from random import Random
from statistics import fmean

from pipeline_optimization.foresight.unequal import MOST_SHARE, MOST_SPREAD, times_the_mean
from pipeline_optimization.types.durations import Durations, empirical

__all__ = ["resampled"]

POINTS = 50
"""Points of the slower half from which its width is computed."""


def resampled(durations: Durations, number: int, random: Random) -> Durations:
    """Return a distribution of ``number`` draws from one that was observed in as many attempts."""
    if durations.least == durations.most:
        return durations
    # The slowest of so many observations stands for the last part of the range. In half of that part, other calls are slower.
    slowest = 1 - 0.5 / number
    width = _width_of_slower_half(durations)
    # Of the log-normal distribution in which the slowest observed call has this place.
    mean = durations.most / times_the_mean(width, slowest)

    def draw(share: float) -> float:
        if share < slowest:
            return durations.at(share)
        return mean * times_the_mean(width, min(share, MOST_SHARE))

    return empirical(draw(random.random()) for _ in range(number))


def _width_of_slower_half(durations: Durations) -> float:
    """Return the standard deviation of the logarithm of a log-normal distribution with the same slower half, about; 0 if its median is no time."""
    median = durations.at(0.5)
    if not median:
        return 0.0
    slower = (durations.at(0.5 + (number + 0.5) / (2 * POINTS)) for number in range(POINTS))
    return min(MOST_SPREAD, math.sqrt(fmean(math.log(seconds / median) ** 2 for seconds in slower)))
