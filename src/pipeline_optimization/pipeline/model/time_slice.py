"""The time slice of a worker for one bundle: how many elements it runs at once, and when it gives the rest of the bundle back.

Nobody knows beforehand how long elements take, and each may take another time. So bundles are cut coarsely, and what is left of one after
``QUANTUM`` seconds goes back, to be cut for all workers. Cheap elements are run by the thousand then, and slow ones one by one.
"""

from __future__ import annotations

import math
import time

from attrs import define, field

__all__ = ["QUANTUM", "TimeSlice", "new_time_slice", "pieces_for"]

QUANTUM = 0.25
"""Seconds that a bundle may take before its rest goes back: some hundred times what an attempt costs, and no longer than the last worker may keep
the others waiting."""

BLOCK = 0.001
"""Seconds that a block of elements should take, after each of which a worker looks at the clock. What fits into the processor's cache goes through
all steps in half of the time; some twenty microseconds are spent on a block itself."""

GROWTH = 4

MOST_PIECES = 16
"""Bundles that a rest is cut into at most: so a wrong guess of how long it takes costs as many attempts, and no more."""


@define(eq=False, repr=False)
class TimeSlice:
    """The time for one bundle, from now on. ``size`` is how many elements to run at once."""

    size: int = 1
    _began: float = field(init=False, factory=time.perf_counter)
    _now: float = field(init=False, default=0.0)

    def __attrs_post_init__(self) -> None:
        self._now = self._began

    def note(self) -> None:
        """Note that a block has been run."""
        before, self._now = self._now, time.perf_counter()
        took = self._now - before
        if took * GROWTH < BLOCK:
            self.size *= GROWTH
        elif took > BLOCK:
            self.size = max(1, int(self.size * BLOCK / took))

    @property
    def seconds(self) -> float:
        """Return how long the bundle has taken."""
        return self._now - self._began

    @property
    def is_over(self) -> bool:
        """Return whether the rest of the bundle is for others."""
        return self.seconds >= QUANTUM


def new_time_slice() -> TimeSlice:
    """Return the time for a bundle that begins now."""
    return TimeSlice()


def pieces_for(seconds: float) -> int:
    """Return how many bundles to make of what probably takes so many seconds."""
    return min(MOST_PIECES, max(1, math.ceil(seconds / QUANTUM)))
