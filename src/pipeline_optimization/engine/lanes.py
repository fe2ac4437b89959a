"""In which slot an attempt ran, and when by this process's clock: both are known only once it has come back."""

from __future__ import annotations

import heapq
import math
from bisect import bisect_right, insort

__all__ = ["Lanes", "WorkerClocks"]


class Lanes:
    """Gives attempts slots, numbered from 1, so that the attempts of one slot never overlap in time.

    A worker has a slot of its own, or several if it runs attempts side by side, as an event loop does. Of its slots that were free when an
    attempt began, the attempt gets the one that had become free last: so no more slots are ``used`` than attempts ran at once.
    """

    def __init__(self) -> None:
        self._lanes: dict[str, list[tuple[int, int]]] = {}  # by worker: (when a slot became free, its number), sorted
        self._free: list[int] = []  # a heap of the slots of dead workers
        self.used = 0

    def take(self, worker: str, began: int, ended: int) -> int:
        """Return the slot in which a worker ran an attempt, given in nanoseconds when that began and ended. Return 0 for an unknown worker."""
        lanes = self._lanes.get(worker)
        if lanes is None:
            return 0
        if len(lanes) == 1 and (lane := lanes[0])[0] <= began:
            slot = lane[1]
            lanes[0] = (ended, slot)
            return slot
        at = bisect_right(lanes, (began, math.inf)) - 1
        slot = lanes.pop(at)[1] if at >= 0 else self._new_slot()
        insort(lanes, (ended, slot))
        return slot

    def add(self, worker: str) -> None:
        """Get to know a worker."""
        self._lanes.setdefault(worker, [])

    def leave(self, worker: str) -> None:
        """Let others have the slots of a worker that died."""
        for _, slot in self._lanes.pop(worker, ()):
            heapq.heappush(self._free, slot)

    def _new_slot(self) -> int:
        if self._free:
            return heapq.heappop(self._free)
        self.used += 1
        return self.used


class WorkerClocks:
    """Translates times of workers' monotonic clocks into those of this process.

    Processes of one machine share that clock. The clock of another machine has another origin, but an attempt cannot begin before it was
    handed out, nor end after it came back: each attempt bounds the difference of the two clocks from both sides.
    """

    def __init__(self) -> None:
        self._bounds: dict[str, tuple[int, int]] = {}  # by worker: the least and the most that is to be added
        self.differ = False

    def translate(self, worker: str, handed_out: int, began: int, took: int, came_back: int) -> tuple[int, int]:
        """Return when an attempt began and ended, all in nanoseconds."""
        least, most = handed_out - began, came_back - began - took
        if least <= 0 <= most and worker not in self._bounds:
            return began, began + took
        self.differ = True
        before = self._bounds.get(worker, (least, most))
        bounds = (max(least, before[0]), min(most, before[1]))
        if bounds[0] > bounds[1]:  # the clocks have drifted apart, or it is another process of the same name
            bounds = (least, most)
        self._bounds[worker] = bounds
        begin = max(handed_out, began + (bounds[0] + bounds[1]) // 2)
        return begin, max(begin, min(came_back, begin + took))
