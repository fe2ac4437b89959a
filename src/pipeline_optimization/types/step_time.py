"""The time of one step in an attempt that runs several steps."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["StepTime"]


class StepTime(NamedTuple):
    """The time that all calls of one step's function took together, in an attempt that ran several steps.

    Attributes:
        step: The step's name.
        calls: The number of the calls.
        computed_ns: Nanoseconds in which they computed.
        waited_ns: Nanoseconds in which they awaited something. Each call counts, so the sum for calls that are awaited at once may be longer than the
            attempt.
        stalled_ns: Nanoseconds in which their thread did neither.
    """

    step: str
    calls: int
    computed_ns: int
    waited_ns: int
    stalled_ns: int

    def plus(self, other: StepTime, times: int = 1) -> StepTime:
        """Return the sum of this and ``times`` the other."""
        return StepTime(self.step, *(mine + its * times for mine, its in zip(self[1:], other[1:], strict=True)))
