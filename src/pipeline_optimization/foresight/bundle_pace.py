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

from attrs import define, field

from pipeline_optimization.foresight.awaiting import awaited
from pipeline_optimization.pipeline.model.time_slice import QUANTUM
from pipeline_optimization.types.durations import Durations

__all__ = ["BundlePace"]

POINTS = 1000
"""Shares of the elements at which the pace is looked up."""

STEPS = 4
"""Sizes of bundles, and numbers of places, between one and its double that are told apart."""


@define(eq=False)
class BundlePace:
    """Draws what an element takes in an attempt over a bundle, from what elements wait, compute and are blocked. The attempt ends after a ``quantum``."""

    wait: Durations
    compute: Durations
    blocked: Durations
    quantum: float = QUANTUM
    _is_awaited: bool = field(init=False)
    _times: Sequence[tuple[float, float, float]] = field(init=False)
    _tables: dict[tuple[int, int], Sequence[float]] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self._is_awaited = self.wait.most > 0
        wait, compute, blocked = self.wait, self.compute, self.blocked
        is_constant = all(one.least == one.most for one in (wait, compute, blocked))
        shares = [0.5] if is_constant else [(number + 0.5) / POINTS for number in range(POINTS)]
        self._times = [(wait.at(share), compute.at(share), blocked.at(share)) for share in shares]

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
            table = self._tables[key] = list(accumulate(1.0 / self.taken(one, most, at_once) for one in self._times))
        return self._times[min(bisect_right(table, share * table[-1]), len(table) - 1)]

    def taken(self, times: tuple[float, float, float], elements: int, places: int = 1) -> int:
        """Return how many of ``elements`` elements an attempt takes, if each of them waits, computes and is blocked for these seconds."""
        wait, compute, blocked = times
        if self._is_awaited:
            return awaited(elements, wait=wait, busy=compute + blocked, places=places)[0]
        return min(elements, max(1, int(self.quantum // max(sum(times), 1e-12)) + 1))


def _steps(number: int) -> int:
    return round(STEPS * math.log2(max(1, number)))
