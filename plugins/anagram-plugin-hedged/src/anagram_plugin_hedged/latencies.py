"""How long attempts took lately."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque

__all__ = ["Latencies"]

WINDOW = 1000


class Latencies:
    """The last thousand latencies of a task, in seconds: enough for a quantile, and few enough to follow a change."""

    def __init__(self) -> None:
        self._recent: deque[float] = deque()
        self._sorted: list[float] = []

    def __len__(self) -> int:
        return len(self._sorted)

    def add(self, seconds: float) -> None:
        if len(self._recent) == WINDOW:
            del self._sorted[bisect_left(self._sorted, self._recent.popleft())]
        self._recent.append(seconds)
        insort(self._sorted, seconds)

    def quantile(self, share: float) -> float:
        """Return the least latency that at least this share (below 1) of the latencies does not exceed. There must be a latency."""
        return self._sorted[int(share * len(self._sorted))]
