"""Observed times in bounded memory: those of attempts with how many elements each stands for, so that their mean is exact, and the means of steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import define, field

from pipeline_optimization.foresight.step_work import StepWork
from pipeline_optimization.foresight.work import NOTHING
from pipeline_optimization.types.durations import Durations, empirical, merged
from pipeline_optimization.types.step_time import StepTime

__all__ = ["Samples", "StepSamples"]

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


@define
class StepSamples:
    """What the steps of attempts took. The times are sums, since attempts tell those of many calls together."""

    _elements: float = 0.0
    _sums: dict[str, list[float]] = field(factory=dict)

    def add(self, steps: Sequence[StepTime], elements: int, times: int) -> None:
        """Note what steps took in an attempt over ``elements`` elements, which stands for so many (``times``)."""
        self._elements += elements * times
        for step in steps:
            figures = (step.calls, step.computed_ns, step.waited_ns, step.stalled_ns)
            sums = self._sums.setdefault(step.step, [0.0] * len(figures))
            self._sums[step.step] = [one + figure * times for one, figure in zip(sums, figures, strict=True)]

    def works(self, *, is_crowded: bool) -> Mapping[str, StepWork]:
        """Return what each step adds to an element. Where the run ``is_crowded``, what stood still waited for a core."""
        return {
            name: StepWork(
                calls=calls / self._elements,
                compute=computed / 1e9 / self._elements,
                wait=waited / 1e9 / self._elements,
                blocked=0.0 if is_crowded else stalled / 1e9 / self._elements,
            )
            for name, (calls, computed, waited, stalled) in self._sums.items()
        }
