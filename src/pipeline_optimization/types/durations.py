"""How long something takes: a distribution of times, from which a call draws with a number in [0, 1)."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Protocol

from attrs import field, frozen

__all__ = ["Durations", "LogNormal", "Quantiles", "constant", "empirical"]

MOST_POINTS = 10_001
"""Points of a distribution made of samples: workers are sent them, and more would not show."""


def _checked(points: Iterable[Sequence[float]]) -> tuple[tuple[float, float], ...]:
    pairs = tuple((float(share), float(seconds)) for share, seconds in points)
    shares, times = [share for share, _ in pairs], [seconds for _, seconds in pairs]
    if not pairs or shares[0] != 0 or shares[-1] != 1 or any(a >= b for a, b in itertools.pairwise(shares)):
        raise ValueError("shares must rise from 0 to 1")
    if not all(math.isfinite(seconds) and seconds >= 0 for seconds in times):
        raise ValueError("times must be numbers of seconds of at least 0")
    if times != sorted(times):
        raise ValueError("times must not fall from one share to a larger one")
    return pairs


class Durations(Protocol):
    """A distribution of times in seconds. It must be equal to itself after it was pickled, since workers are sent it."""

    @property
    def least(self) -> float:
        """Return the seconds that nothing takes less than."""
        ...

    @property
    def most(self) -> float:
        """Return the seconds that nothing takes more than; infinity where there is no bound."""
        ...

    @property
    def mean(self) -> float:
        """Return the seconds that it takes on average."""
        ...

    def at(self, share: float) -> float:
        """Return the seconds that a ``share`` of all cases, from 0 to below 1, takes at most: finite, and not negative."""
        ...


@frozen
class Quantiles:
    """A distribution by its quantile function, which is linear between ``points``: (share, seconds) from share 0 to share 1.

    Raises ValueError if shares do not rise from 0 to 1, or if times are negative, infinite or falling.
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
        """Return the seconds that a ``share`` of all cases takes at most."""
        at = bisect_right(self.points, (share, math.inf))
        if at >= len(self.points):
            return self.most
        (left, low), (right, high) = self.points[at - 1], self.points[at]
        return low + (high - low) * (share - left) / (right - left)


@frozen
class LogNormal:
    """A log-normal distribution, which latencies of services resemble: half of all cases take at most ``median`` seconds.

    ``sigma`` is the standard deviation of the logarithm. Raises ValueError if one of them is no number above 0.
    """

    median: float
    sigma: float

    def __attrs_post_init__(self) -> None:
        if not all(math.isfinite(value) and value > 0 for value in (self.median, self.sigma)):
            raise ValueError(
                "the median and the other quantile must be numbers of seconds above 0, the higher one larger"
            )

    @classmethod
    def through(cls, median: float, share: float, seconds: float) -> LogNormal:
        """Return the one whose median is ``median``, and of which a ``share`` takes at most ``seconds``."""
        from statistics import NormalDist  # noqa: PLC0415 - 10 ms of start-up for such profiles only

        if not median > 0 or not seconds > 0:
            return cls(math.nan, math.nan)  # which says what is wrong
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
        """Return the seconds that a ``share`` of all cases takes at most. Share 0 is taken for one in 2^53."""
        from statistics import NormalDist  # noqa: PLC0415 - as above

        return self.median * math.exp(self.sigma * NormalDist().inv_cdf(max(share, 2.0**-53)))


def constant(seconds: float) -> Quantiles:
    """Return the distribution of what always takes the same time. Raises ValueError for a negative or infinite one."""
    return Quantiles(((0.0, seconds), (1.0, seconds)))


def empirical(samples: Iterable[float]) -> Quantiles:
    """Return the distribution of samples, in seconds: a draw lies between two that are neighbours in size.

    Raises ValueError if there is no sample, or if one is negative or infinite.
    """
    ordered = sorted(samples)
    if not ordered:
        raise ValueError("there is no sample")
    if len(ordered) == 1:
        return constant(ordered[0])
    if len(ordered) > MOST_POINTS:
        last = len(ordered) - 1
        ordered = [ordered[round(number * last / (MOST_POINTS - 1))] for number in range(MOST_POINTS)]
    last = len(ordered) - 1
    return Quantiles(tuple((number / last, seconds) for number, seconds in enumerate(ordered)))
