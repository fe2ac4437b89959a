"""Distributions of times. A call draws its time from one, with a number in [0, 1)."""

from __future__ import annotations

import itertools
import math
import sys
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Protocol

from attrs import field, frozen

__all__ = ["Durations", "LogNormal", "Quantiles", "constant", "empirical", "merged"]

MOST_POINTS = 10_001
"""Points of a distribution that is made of samples, at most. Workers are sent them, and more points would make no visible difference."""

NEAREST = 1e-12
"""Two shares that differ by less are taken for one share that was rounded."""


def _checked(points: Iterable[Sequence[float]]) -> tuple[tuple[float, float], ...]:
    try:
        pairs = tuple((float(share), float(seconds)) for share, seconds in points)
    except OverflowError as error:  # Python has larger whole numbers
        raise ValueError("times must be numbers of seconds of at least 0") from error
    shares, times = [share for share, _ in pairs], [seconds for _, seconds in pairs]
    if not pairs or shares[0] != 0 or shares[-1] != 1 or any(a >= b for a, b in itertools.pairwise(shares)):
        raise ValueError("shares must rise from 0 to 1")
    if not all(math.isfinite(seconds) and seconds >= 0 for seconds in times):
        raise ValueError("times must be numbers of seconds of at least 0")
    if times != sorted(times):
        raise ValueError("times must not fall from one share to a larger one")
    return pairs


class Durations(Protocol):
    """A distribution of times in seconds. It must be equal to itself after it was pickled, because workers are sent it."""

    @property
    def least(self) -> float:
        """Return the shortest time in seconds."""
        ...

    @property
    def most(self) -> float:
        """Return the longest time in seconds, or infinity if there is none."""
        ...

    @property
    def mean(self) -> float:
        """Return the mean in seconds."""
        ...

    def at(self, share: float) -> float:
        """Return the seconds within which a ``share`` of all cases ends, from 0 to below 1. They are finite and not negative."""
        ...


@frozen
class Quantiles:
    """A distribution by its quantile function.

    Args:
        points: Pairs of a share and seconds, from share 0 to share 1. Between two points the function is linear.

    Raises:
        ValueError: If shares do not rise from 0 to 1, or if times are negative, infinite or falling.
    """

    points: tuple[tuple[float, float], ...] = field(converter=_checked)

    @property
    def least(self) -> float:
        return self.points[0][1]

    @property
    def most(self) -> float:
        return self.points[-1][1]

    @property
    def mean(self) -> float:
        pairs = zip(self.points, self.points[1:], strict=False)
        return sum((b - a) * (low + high) / 2 for (a, low), (b, high) in pairs)

    def at(self, share: float) -> float:
        """Return the seconds within which a ``share`` of all cases ends."""
        at = bisect_right(self.points, (share, math.inf))
        if at >= len(self.points):
            return self.most
        (left, low), (right, high) = self.points[at - 1], self.points[at]
        return low + (high - low) * (share - left) / (right - left)


@frozen
class LogNormal:
    """A log-normal distribution, which latencies of services resemble.

    Args:
        median: The seconds within which half of all cases end.
        sigma: The standard deviation of the logarithm of the seconds.

    Raises:
        ValueError: If one of them is no number above 0.
    """

    median: float
    sigma: float

    def __attrs_post_init__(self) -> None:
        if not all(0 < value <= sys.float_info.max for value in (self.median, self.sigma)):
            raise ValueError(
                "the median and the other quantile must be numbers of seconds above 0, the higher one larger"
            )

    @classmethod
    def through(cls, median: float, share: float, seconds: float) -> LogNormal:
        """Return the distribution with this median in which the ``share`` of cases ends within ``seconds``. Raises ValueError if there is none."""
        from statistics import NormalDist  # noqa: PLC0415 - 10 ms of start-up for such profiles only

        if not median > 0 or not seconds > 0 or share == 0.5:
            return cls(math.nan, math.nan)  # the constructor raises and says what is wrong
        return cls(median, math.log(seconds / median) / NormalDist().inv_cdf(share))

    @property
    def least(self) -> float:
        return 0.0

    @property
    def most(self) -> float:
        return math.inf

    @property
    def mean(self) -> float:
        return self.median * math.exp(self.sigma**2 / 2)

    def at(self, share: float) -> float:
        """Return the seconds within which a ``share`` of all cases ends. Share 0 is taken for 2^-53, because the function is 0 there."""
        from statistics import NormalDist  # noqa: PLC0415 - as above

        return self.median * math.exp(self.sigma * NormalDist().inv_cdf(max(share, 2.0**-53)))


def constant(seconds: float) -> Quantiles:
    """Return the distribution of something that always takes the same time. Raises ValueError if ``seconds`` is negative or infinite."""
    return Quantiles(((0.0, seconds), (1.0, seconds)))


def empirical(samples: Iterable[float], weights: Iterable[float] | None = None) -> Quantiles:
    """Return the distribution of samples, in seconds. It has their mean, and a draw lies between two samples that are neighbours in size.

    Args:
        samples: The times.
        weights: How often each sample occurred. Without weights, each occurred once.

    Raises:
        ValueError: If there is no sample, or if one is negative or infinite.
    """
    pairs = sorted((one, 1.0) for one in samples) if weights is None else sorted(zip(samples, weights, strict=True))
    if not pairs:
        raise ValueError("there is no sample")
    points = _points(pairs)
    return Quantiles(tuple(points if len(points) <= MOST_POINTS else _points(merged(pairs, MOST_POINTS // 2))))


def merged(pairs: Iterable[tuple[float, float]], most: int) -> list[tuple[float, float]]:
    """Return at most ``most`` pairs of a value and its weight. Neighbours in size become their mean; the least and the largest stay as they are."""
    ordered = sorted(pairs)
    if len(ordered) <= most:
        return ordered
    inner = len(ordered) - 2
    borders = [1 + inner * number // (most - 2) for number in range(most - 1)]
    groups = [ordered[begin:end] for begin, end in itertools.pairwise(borders)]
    return [ordered[0], *map(_mean_of, groups), ordered[-1]]


def _mean_of(group: Sequence[tuple[float, float]]) -> tuple[float, float]:
    weight = math.fsum(weight for _, weight in group)
    mean = math.fsum(value * weight for value, weight in group) / weight
    return min(max(mean, group[0][0]), group[-1][0]), weight  # rounding must not move the mean out of its group


def _points(pairs: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the points of the quantile function of values in ascending order, with their weights.

    The quantile function of samples is a step function. Here each step becomes a slope, as wide as the smaller weight beside it. A slope has the mean
    of its step, so the whole has the mean of the values.
    """
    whole = math.fsum(weight for _, weight in pairs)
    points, before = [(0.0, pairs[0][0])], 0.0
    for (value, weight), (following, next_weight) in itertools.pairwise(pairs):
        before += weight
        half = min(weight, next_weight) / 2
        for share, seconds in (((before - half) / whole, value), ((before + half) / whole, following)):
            if points[-1][0] + NEAREST < share < 1.0 - NEAREST:
                points.append((share, seconds))
    return [*points, (1.0, pairs[-1][0])]
