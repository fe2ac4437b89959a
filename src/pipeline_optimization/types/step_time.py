"""What one step of several takes in an attempt."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["StepTime"]


class StepTime(NamedTuple):
    """What the calls of one step's function took in an attempt that ran several of them, all together.

    ``computed_ns`` are nanoseconds in which they computed, ``waited_ns`` those in which they awaited something, and ``stalled_ns`` those in which their
    thread did neither. Calls that are awaited at once count each for itself, so that they may have waited for longer than the attempt took.
    """

    step: str
    calls: int
    computed_ns: int
    waited_ns: int
    stalled_ns: int

    def plus(self, other: StepTime, times: int = 1) -> StepTime:
        """Return what both took together, the other one so many ``times``."""
        return StepTime(self.step, *(mine + its * times for mine, its in zip(self[1:], other[1:], strict=True)))
