"""Observed times in bounded memory: each with how many elements it stands for, so that their mean is exact."""

from __future__ import annotations

from attrs import define, field

from pipeline_optimization.foresight.work import NOTHING
from pipeline_optimization.types.durations import Durations, empirical, merged

__all__ = ["Samples"]

MOST_SAMPLES = 20_000
"""Times of a kind that are kept; of more, neighbours in size become their mean."""


@define
class Samples:
    """Times of one kind, in seconds, with their weights."""

    _pairs: list[tuple[float, float]] = field(factory=list)

    def add(self, seconds: float, weight: float) -> None:
        """Note a time, which stands for ``weight`` elements."""
        self._pairs.append((seconds, weight))
        if len(self._pairs) >= MOST_SAMPLES:
            self._pairs = merged(self._pairs, MOST_SAMPLES // 2)

    @property
    def most(self) -> float:
        """Return the longest time; 0 if there is none."""
        return max((seconds for seconds, _ in self._pairs), default=0.0)

    def durations(self) -> Durations:
        """Return their distribution over elements."""
        if not self.most:
            return NOTHING
        return empirical([seconds for seconds, _ in self._pairs], [weight for _, weight in self._pairs])
