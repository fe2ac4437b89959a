"""How long an element of a bundle takes, as attempts meet it.

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

from pipeline_optimization.pipeline.model.time_slice import QUANTUM
from pipeline_optimization.types.durations import Durations

__all__ = ["BundlePace", "taken"]

POINTS = 1000
"""Shares of the elements at which the pace is looked up."""

STEPS = 4
"""Sizes of bundles between one and its double that are told apart."""


@define(eq=False)
class BundlePace:
    """Draws what an element takes in an attempt over a bundle, from what elements wait, compute and are blocked."""

    wait: Durations
    compute: Durations
    blocked: Durations
    _times: Sequence[tuple[float, float, float]] = field(init=False)
    _tables: dict[int, Sequence[float]] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        wait, compute, blocked = self.wait, self.compute, self.blocked
        is_constant = all(one.least == one.most for one in (wait, compute, blocked))
        shares = [0.5] if is_constant else [(number + 0.5) / POINTS for number in range(POINTS)]
        self._times = [(wait.at(share), compute.at(share), blocked.at(share)) for share in shares]

    def at(self, share: float, elements: int) -> tuple[float, float, float]:
        """Return what an element waits, computes and is blocked at a ``share`` of all attempts that may run up to ``elements`` elements, in seconds."""
        if len(self._times) == 1:
            return self._times[0]
        size = round(STEPS * math.log2(max(1, elements)))
        table = self._tables.get(size)
        if table is None:
            table = self._tables[size] = list(
                accumulate(1.0 / taken(sum(one), 2 ** (size / STEPS)) for one in self._times)
            )
        return self._times[min(bisect_right(table, share * table[-1]), len(table) - 1)]


def taken(seconds: float, elements: float) -> float:
    """Return how many of ``elements`` elements, which need ``seconds`` each, an attempt takes."""
    return min(elements, max(1.0, QUANTUM // max(seconds, 1e-12) + 1.0))
