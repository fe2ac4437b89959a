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
        longest_wait_ns: Nanoseconds that the slowest of the calls awaited something; 0 if none did.
    """

    step: str
    calls: int
    computed_ns: int
    waited_ns: int
    stalled_ns: int
    longest_wait_ns: int = 0

    def plus(self, other: StepTime, times: int = 1) -> StepTime:
        """Return the sum of this and ``times`` the other, and the longest wait of both."""
        calls, computed, waited, stalled = (a + b * times for a, b in zip(self[1:5], other[1:5], strict=True))
        longest = max(self.longest_wait_ns, other.longest_wait_ns)
        return StepTime(self.step, calls, computed, waited, stalled, longest)
