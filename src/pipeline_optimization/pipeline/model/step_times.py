"""The time of each step in an attempt. It is measured for each block of elements, which costs some microseconds for a block."""

from __future__ import annotations

import time
from collections.abc import Sequence

from pipeline_optimization.types.step_time import StepTime

__all__ = ["StepTimes"]

Moment = tuple[int, int]
"""A time by the clock, and of the thread's processor, in nanoseconds."""


class StepTimes:
    """Adds up what the steps of one attempt take, in lists of calls, of nanoseconds that they computed, waited and stood still, and of the longest wait."""

    def __init__(self) -> None:
        self._sums: dict[str, list[int]] = {}

    @staticmethod
    def begin() -> Moment:
        """Return the moment at which a block of elements begins with a step."""
        return time.monotonic_ns(), time.thread_time_ns()

    def end(self, step: str, calls: int, begun: Moment) -> None:
        """Note a block of elements that has gone through a step in this thread since then."""
        took = time.monotonic_ns() - begun[0]
        computed = min(took, time.thread_time_ns() - begun[1])
        sums = self._of(step)
        sums[0] += calls
        sums[1] += computed
        sums[3] += took - computed

    def add_awaited(self, step: str, computed: int, waited: int) -> None:
        """Note one call of a coroutine function, which took these nanoseconds."""
        sums = self._of(step)
        sums[0] += 1
        sums[1] += computed
        sums[2] += waited
        sums[4] = max(sums[4], waited)

    def _of(self, step: str) -> list[int]:
        sums = self._sums.get(step)
        if sums is None:
            sums = self._sums[step] = [0, 0, 0, 0, 0]
        return sums

    def found(self) -> Sequence[StepTime]:
        """Return what each step took, in the order in which they were met."""
        return [StepTime(step, *sums) for step, sums in self._sums.items()]
