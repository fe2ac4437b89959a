"""The time slice of a worker for one bundle: how many elements it runs at once, and when it gives the rest of the bundle back.

Nobody knows beforehand how long elements take, and each may take another time. So bundles are cut coarsely. After a *quantum* the rest of a bundle
goes back, to be cut for all workers. So cheap elements run by the thousand, and slow ones one by one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from attrs import define, field

from pipeline_optimization.types import Capabilities

__all__ = [
    "AWAITING",
    "MOST_PIECES",
    "QUANTUM",
    "STRETCH",
    "WORTHWHILE",
    "TimeSlice",
    "awaited_slice",
    "elements_for_a_slice",
    "pieces_for",
    "quantum_for",
]

QUANTUM = 0.25
"""The longest quantum, in seconds. On a cluster it is some hundred times the cost of an attempt. And no worker keeps the others waiting longer at the
end."""

LEAST_QUANTUM = 0.04
"""The shortest quantum, some hundred times the cost of an attempt on this machine. As long as the first bundles run, other workers may have nothing to
do: the input may be so small that there are fewer bundles than workers."""

BY_SLOT = 0.001
"""The quantum has this many seconds for each attempt at once, so that attempts do not come back faster than the parent can handle them."""

CHOSEN_SLOTS = 32
"""The number of attempts at once that an orchestrator may choose which has chosen nothing yet."""

AWAITING = 0.5
"""The same if elements are awaited. At the end of such a bundle, places stay empty until its last element is back."""

WORTHWHILE = 100
"""Elements that are awaited in a bundle at least, if that takes no longer than ``STRETCH`` time slices. In a busy event loop, shorter bundles would
make it busier."""

BLOCK = 0.001
"""Seconds that a block of elements should take. After each block a worker looks at the clock. A block that fits into the processor's cache goes
through all steps in half of the time; the block itself costs some twenty microseconds."""

WORTH = 16
"""A bundle works for this many times the seconds that the parent will take to merge its total. So each worker keeps the parent busy for some percent
of the time, even if other programs use the processors and little is done in a quantum."""

MOST_WORK = 1.0
"""Seconds of processor time that this is at most, if much of the input comes after the bundle. Otherwise the limit is ``QUANTUM``, because other
workers would wait at the end."""

STRETCH = 4
"""A bundle may take this many times these seconds by the clock."""

GROWTH = 4

MOST_PIECES = 128
"""The most bundles into which a rest is cut. So a wrong guess of how long it takes costs at most as many attempts."""


@define(eq=False, repr=False)
class TimeSlice:
    """The time for one bundle, ``quantum`` seconds from now on.

    Attributes:
        quantum: The quantum, in seconds.
        size: How many elements to run at once.
        least: How many elements to run in any case, within ``STRETCH`` times the quantum.
        elements: How many elements were run.
        is_early: Whether much of the input comes after the bundle.
        merging: Returns the seconds that the parent will take to merge the total.
    """

    quantum: float
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
        """Note that a block begins, some time after the last one ended."""
        self._now = time.perf_counter()

    def note(self, number: int) -> None:
        """Note that a block of ``number`` elements was run. One slow block changes nothing: other programs may have used the processor."""
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
        """Return whether the rest of the bundle goes back."""
        seconds, work = self.seconds, MOST_WORK if self.is_early else QUANTUM
        if seconds < self.quantum or (self.elements < self.least and seconds < STRETCH * self.quantum):
            return False
        work_needed = min(work, WORTH * self.merging())
        return not work_needed or seconds >= STRETCH * work or time.thread_time() - self._worked >= work_needed


def quantum_for(capabilities: Capabilities, slots: int) -> float:
    """Return the quantum of a run in which ``slots`` attempts run at once: short if other workers may wait for what a bundle gives back."""
    slots = CHOSEN_SLOTS if capabilities.chooses else slots
    if slots == 1 or capabilities.is_distributed:
        return QUANTUM
    return min(QUANTUM, max(LEAST_QUANTUM, BY_SLOT * slots))


def awaited_slice(quantum: float) -> TimeSlice:
    """Return the time for a bundle that begins now, whose elements are awaited."""
    return TimeSlice(quantum, least=WORTHWHILE)


def elements_for_a_slice(each: float) -> int:
    """Return how many elements that take ``each`` seconds a worker of this machine should get at once."""
    return max(1, int(LEAST_QUANTUM / max(each, 1e-9)))


def pieces_for(seconds: float, *, each: float) -> int:
    """Return into how many bundles to cut work that probably takes ``seconds``, if one bundle should take ``each``."""
    return min(MOST_PIECES, max(1, math.ceil(seconds / max(LEAST_QUANTUM, each))))
