"""How long an element of a bundle takes, as attempts meet it, and how many elements these have.

Workers cut bundles by time: an attempt over slow elements has few of them, so that slow elements fill more attempts than their number tells. An
attempt at a pace that takes ``n`` elements is met with the share of elements at that pace, divided by ``n``. So the mean over all
elements of all attempts is that of the elements.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from statistics import fmean, pstdev

from attrs import define, field, frozen

from pipeline_optimization.foresight.awaiting import awaited
from pipeline_optimization.pipeline.model.time_slice import QUANTUM
from pipeline_optimization.types.durations import Durations

__all__ = ["BundlePace"]

POINTS = 1000
"""Shares of the elements at which the pace is looked up."""

STEPS = 4
"""Sizes of bundles, and numbers of places, between one and its double that are told apart."""

LEAST = 1e-6
"""Seconds up to which a wait is none."""


@define(eq=False)
class BundlePace:
    """Draws what an element takes in an attempt over a bundle, from what elements wait, compute and are blocked. The attempt ends after a ``quantum``.

    The times are means of about ``together`` elements. ``spread`` is the standard deviation of the logarithm of waits within an attempt.
    """

    wait: Durations
    compute: Durations
    blocked: Durations
    quantum: float = QUANTUM
    together: float = math.inf
    spread: float = 0.0
    _is_awaited: bool = field(init=False)
    _times: Sequence[tuple[float, float, float]] = field(init=False)
    _tables: dict[tuple[int, int], _Table] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self._is_awaited = self.wait.most > 0
        wait, compute, blocked = self.wait, self.compute, self.blocked
        is_constant = all(one.least == one.most for one in (wait, compute, blocked))
        shares = [0.5] if is_constant else [(number + 0.5) / POINTS for number in range(POINTS)]
        self._times = [(wait.at(share), compute.at(share), blocked.at(share)) for share in shares]
        if self._is_awaited and not is_constant:
            self.spread = math.hypot(self.spread, _spread([times[0] for times in self._times]))

    def at(self, share: float, elements: int, places: int = 1) -> tuple[float, float, float]:
        """Return what an element waits, computes and is blocked at a ``share`` of all attempts, in seconds.

        These attempts may run up to ``elements`` elements, and have ``places`` for those that are awaited at once.
        """
        if len(self._times) == 1:
            return self._times[0]
        key = (_steps(elements), _steps(places) if self._is_awaited else 0)
        table = self._tables.get(key)
        if table is None:
            most, at_once = (round(2 ** (number / STEPS)) for number in key)
            times = self._times_of(most, at_once)
            weights = list(accumulate(1.0 / self.taken(one, most, at_once) for one in times))
            table = self._tables[key] = _Table(times, weights)
        return table.at(share)

    def _times_of(self, elements: int, places: int) -> Sequence[tuple[float, float, float]]:
        """Return the times as attempts over so many elements meet them: the mean of many awaited elements differs less than that of a few."""
        if not self._is_awaited:
            return self._times
        means = tuple(fmean(times) for times in zip(*self._times, strict=True))
        number = self.taken(means, elements, places)  # type: ignore[arg-type]
        share = min(1.0, math.sqrt(self.together / number))
        return [tuple(m + (t - m) * share for m, t in zip(means, one, strict=True)) for one in self._times]  # type: ignore[misc]

    def taken(self, times: tuple[float, float, float], elements: int, places: int = 1) -> int:
        """Return how many of ``elements`` elements an attempt takes, if each of them waits, computes and is blocked for these seconds."""
        wait, compute, blocked = times
        if self._is_awaited:
            return awaited(elements, wait=wait, busy=compute + blocked, places=places)[0]
        return min(elements, max(1, int(self.quantum // max(sum(times), 1e-12)) + 1))


@frozen
class _Table:
    """Times, and the weights of these and all before them."""

    times: Sequence[tuple[float, float, float]]
    weights: Sequence[float]

    def at(self, share: float) -> tuple[float, float, float]:
        return self.times[min(bisect_right(self.weights, share * self.weights[-1]), len(self.weights) - 1)]


def _spread(waits: Sequence[float]) -> float:
    """Return the standard deviation of the logarithm of all waits that are any: those of nothing are no short waits."""
    logarithms = [math.log(wait) for wait in waits if wait > LEAST]
    return pstdev(logarithms) if logarithms else 0.0


def _steps(number: int) -> int:
    return round(STEPS * math.log2(max(1, number)))
