"""How much the calls of a bundle differ that are awaited at once, and how long the slowest of them waits.

The waits are taken for log-normally distributed, as those of services about are: a few take several times as long as most. A bundle's mean and its
longest wait then tell how much the others differ.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from attrs import define

__all__ = ["MOST_SHARE", "MOST_SPREAD", "Spread", "share_of_longest", "spread_of", "times_the_mean"]

NORMAL = NormalDist()

MOST_SPREAD = 3.0
"""The largest standard deviation of the logarithm that is believed: one call in twenty then takes 140 times as long as the middle one."""

LEAST_SHARE, MOST_SHARE = 1e-9, 1 - 1e-9
"""Between them quantiles are finite."""


def share_of_longest(share: float, calls: int) -> float:
    """Return which share of all calls is shorter than the longest of so many, if a ``share`` of such groups has a shorter longest one."""
    return min(MOST_SHARE, math.pow(max(LEAST_SHARE, share), 1.0 / max(1, calls)))


def spread_of(longest: float, mean: float, calls: int) -> float:
    """Return by how much waits differ: the standard deviation of their logarithm.

    Args:
        longest: The longest of them, in seconds. It is taken for the one that half of such groups exceed.
        mean: Their mean, in seconds.
        calls: How many there are. One alone shows no difference.
    """
    if calls < 2 or mean <= 0 or longest <= mean:
        return 0.0
    z = NORMAL.inv_cdf(share_of_longest(0.5, calls))
    left = z * z - 2 * math.log(longest / mean)
    return min(MOST_SPREAD, z - math.sqrt(left) if left > 0 else z)


def times_the_mean(spread: float, share: float) -> float:
    """Return how many times as long as the mean the wait at a ``share`` of all is."""
    return math.exp(spread * NORMAL.inv_cdf(share) - spread * spread / 2) if spread else 1.0


@define
class Spread:
    """Adds up by how much the waits within attempts differ. An attempt with one element shows no difference, and does not count."""

    _sum: float = 0.0
    _elements: int = 0

    def add(self, spread: float, elements: int, times: int = 1) -> None:
        """Note an attempt over ``elements`` elements, which stands for so many (``times``)."""
        if elements > 1:
            self._sum += spread * elements * times
            self._elements += elements * times

    @property
    def mean(self) -> float:
        """Return the mean over all elements; 0 if there are none."""
        return self._sum / self._elements if self._elements else 0.0
