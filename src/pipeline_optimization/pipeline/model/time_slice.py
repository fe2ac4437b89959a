"""The time slice of a worker for one bundle: how many elements it runs at once, and when it gives the rest of the bundle back.

Nobody knows beforehand how long elements take, and each may take another time. So bundles are cut coarsely, and what is left of one after
``QUANTUM`` seconds goes back, to be cut for all workers. Cheap elements are run by the thousand then, and slow ones one by one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from attrs import define, field

__all__ = ["AWAITING", "MOST_PIECES", "QUANTUM", "STRETCH", "WORTHWHILE", "TimeSlice", "new_time_slice", "pieces_for"]

QUANTUM = 0.25
"""Seconds that a bundle may take before its rest goes back: some hundred times what an attempt costs, and no longer than the last worker may keep
the others waiting."""

AWAITING = 0.5
"""The same where elements are awaited: at its end, places are empty until the last one under way is back."""

WORTHWHILE = 100
"""Elements that are awaited in a bundle all the same, for up to ``STRETCH`` times as long: where a loop is busy, short bundles would make it busier."""

BLOCK = 0.001
"""Seconds that a block of elements should take, after each of which a worker looks at the clock. What fits into the processor's cache goes through
all steps in half of the time; some twenty microseconds are spent on a block itself."""

WORTH = 16
"""How many times as long as its total will take the parent a bundle works: so the parent is busy for some percent of the time for each worker, also
where others use the processors and little is done in ``QUANTUM`` seconds."""

MOST_WORK = 1.0
"""Seconds of the processor that this is at most where much of the input comes after the bundle; else ``QUANTUM``, as others wait in the end."""

STRETCH = 4
"""How many times as long as these seconds it may take by the clock."""

GROWTH = 4

MOST_PIECES = 16
"""Bundles that a rest is cut into at most: so a wrong guess of how long it takes costs as many attempts, and no more."""


@define(eq=False, repr=False)
class TimeSlice:
    """The time for one bundle, ``quantum`` seconds from now on.

    ``size`` is how many elements to run at once, ``is_early`` whether much of the input comes after the bundle, and ``merging`` tells how
    many seconds the parent will take to merge the total.
    """

    quantum: float = field(factory=lambda: QUANTUM)
    size: int = 1
    least: int = 0
    elements: int = 0
    is_early: bool = False
    merging: Callable[[], float] = lambda: 0.0
    _began: float = field(init=False)
    _worked: float = field(init=False)
    _now: float = field(init=False)
    _took: float = field(init=False, default=math.inf)

    def __attrs_post_init__(self) -> None:
        self._began = self._now = time.perf_counter()
        self._worked = time.thread_time()

    def resume(self) -> None:
        """Note that a block begins, some time after the last one."""
        self._now = time.perf_counter()

    def note(self, number: int) -> None:
        """Note that a block of ``number`` elements has been run. If only one block took long, it may have waited for a processor that others used."""
        self.elements += number
        before, self._now = self._now, time.perf_counter()
        last, self._took = self._took, self._now - before
        took = min(last, self._took)
        if self._took * GROWTH < BLOCK:
            self.size = max(self.size, number * GROWTH)
        elif took > BLOCK:
            self.size = max(1, int(number * BLOCK / took))

    @property
    def seconds(self) -> float:
        """Return how long the bundle has taken."""
        return self._now - self._began

    @property
    def is_over(self) -> bool:
        """Return whether the rest of the bundle is for others."""
        seconds, work = self.seconds, MOST_WORK if self.is_early else QUANTUM
        if seconds < self.quantum or (self.elements < self.least and seconds < STRETCH * self.quantum):
            return False
        work_needed = min(work, WORTH * self.merging())
        return not work_needed or seconds >= STRETCH * work or time.thread_time() - self._worked >= work_needed


def new_time_slice(quantum: float | None = None) -> TimeSlice:
    """Return the time for a bundle that begins now: one whose elements are awaited, if its ``quantum`` is given."""
    return TimeSlice() if quantum is None else TimeSlice(quantum, least=WORTHWHILE)


def pieces_for(seconds: float, *, each: float = QUANTUM) -> int:
    """Return how many bundles to make of work that probably takes ``seconds``, if one bundle should take ``each``."""
    return min(MOST_PIECES, max(1, math.ceil(seconds / max(QUANTUM, each))))
