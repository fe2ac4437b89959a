"""Finds the lane of each attempt in a picture of the run: in which slot it ran, and when that was by the parent's clock.

Orchestrators say neither, so both are found out when the attempt is back.
"""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from collections.abc import Callable

__all__ = ["SlotFinder", "WorkerClocks"]


class SlotFinder:
    """Gives each attempt a slot, numbered from 1, so that the attempts of one slot never overlap in time.

    A worker has one slot, or several if it runs attempts side by side, as an event loop does. If several of its slots were free when an attempt
    began, the attempt gets the one that had become free last. With this rule, a worker gets no more slots than it ran attempts at once.

    A worker may end without notice. Nobody says which worker was ended with an attempt that took too long, nor that an idle worker died.
    The slots of such a worker stay with its name, and the worker that replaces it has none. So once there are as many slots as the orchestrator
    has, a worker without a free slot takes over a slot from any worker. If that worker still runs, it does the same at its next attempt.

    Args:
        most: Returns how many slots the orchestrator has now.

    Attributes:
        used: The number of slots.
    """

    def __init__(self, most: Callable[[], int]) -> None:
        self._most = most
        # By worker, its slots as pairs (when the slot became free, its number), sorted.
        self._slots_of: dict[str, list[tuple[int, int]]] = {}
        self._free: list[tuple[int, int]] = []  # the slots of dead workers, as such pairs
        self._died: dict[str, int] = {}  # by worker: when it was lost
        self.used = 0

    def take(self, worker: str, began: int, ended: int) -> int | None:
        """Return the slot of an attempt; None if the worker is not known yet.

        Args:
            worker: The worker that ran the attempt.
            began: When the attempt began, in nanoseconds.
            ended: When it ended, likewise.
        """
        slots = self._slots_of.get(worker)
        if slots is None:
            if not self.is_dead(worker, began):
                return None
            # It is dead: from the end of this attempt on, the slot is free for other workers.
            slots = self._free
        # Most workers run one attempt at a time, and need no search.
        if len(slots) == 1 and (one := slots[0])[0] <= began:
            slot = one[1]
            slots[0] = (ended, slot)
            return slot
        slot = _pop_free(slots, began) or _pop_free(self._free, began) or self._take_over(began) or self._new_slot()
        insort(slots, (ended, slot))
        return slot

    def add(self, worker: str) -> None:
        """Add a worker, which has no slot before its first attempt."""
        self._slots_of.setdefault(worker, [])

    def leave(self, worker: str, now: int) -> None:
        """Remove a worker that died. Other workers get its slots, for attempts that begin later."""
        self._died[worker] = now
        for one in self._slots_of.pop(worker, ()):
            insort(self._free, one)

    def is_dead(self, worker: str, began: int) -> bool:
        """Return whether the worker that began an attempt at the time ``began`` has died. A later worker may have its name."""
        return worker not in self._slots_of and began < self._died.get(worker, -math.inf)

    def _take_over(self, began: int) -> int | None:
        """Take a slot from the worker that has it; None if there may be more slots, or if none was free when an attempt began."""
        if self.used < self._most():
            return None
        # The slot that had become free last, as above: the other ones are left for attempts that began earlier, but come back later.
        at = (began, math.inf)
        owned = [slots for slots in self._slots_of.values() if slots and slots[0] < at]
        return _pop_free(max(owned, key=lambda slots: slots[bisect_right(slots, at) - 1]), began) if owned else None

    def _new_slot(self) -> int:
        self.used += 1
        return self.used


def _pop_free(slots: list[tuple[int, int]], began: int) -> int | None:
    """Remove the slot that had become free last when an attempt began, and return its number; None if no slot was free."""
    at = bisect_right(slots, (began, math.inf)) - 1
    return slots.pop(at)[1] if at >= 0 else None


class WorkerClocks:
    """Translates times of the workers' monotonic clocks into times of the parent's.

    All processes of a machine share one monotonic clock. The clock of another machine has another origin. But an attempt cannot begin before
    it was handed out, nor end after it came back. So each attempt gives a lower and an upper bound of the difference between the two
    clocks, and many attempts give narrow bounds.

    ``differ`` is whether any worker has another clock.
    """

    def __init__(self) -> None:
        self._bounds: dict[str, tuple[int, int]] = {}  # by worker: the bounds of what must be added to its times
        self.differ = False

    def translate(self, worker: str, handed_out: int, began: int, took: int, came_back: int) -> tuple[int, int]:
        """Return when an attempt began and ended by the parent's clock. All times are in nanoseconds.

        Args:
            worker: The worker that ran the attempt.
            handed_out: When the parent handed it out.
            began: When it began, by the worker's clock.
            took: How long it took.
            came_back: When it came back to the parent.
        """
        least, most = handed_out - began, came_back - began - took
        # The times fit without a difference. So this is the parent's clock, or one that nobody can tell from it.
        if least <= 0 <= most and worker not in self._bounds:
            return began, began + took
        self.differ = True
        before = self._bounds.get(worker, (least, most))
        bounds = (max(least, before[0]), min(most, before[1]))
        if bounds[0] > bounds[1]:
            # The clocks have drifted apart, or a new worker has the name of an old one. The older bounds hold no more.
            bounds = (least, most)
        self._bounds[worker] = bounds
        # The middle of the bounds is the best guess. The result stays between hand-over and return in any case.
        begin = max(handed_out, began + (bounds[0] + bounds[1]) // 2)
        return begin, max(begin, min(came_back, begin + took))
