"""When the next call of a rate may begin."""

from __future__ import annotations

import math
from collections import deque

from pipeline_optimization.engine.quota import Rate

__all__ = ["Pace"]


class Pace:
    """Says when the next call of a rate may begin. Its window holds the starts of one period, and a bucket spreads them.

    The bucket is told by the time at which it is full again: the "generic cell rate algorithm" of ATM networks.
    """

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._starts: deque[float] = deque(maxlen=rate.calls)
        self._full_at = -math.inf

    def begin(self, now: float) -> None:
        """Note that a call begins. One that is told late, after others, counts like the last of them."""
        if self._starts:
            now = max(now, self._starts[-1])
        self._starts.append(now)
        self._full_at = max(self._full_at, now) + self._rate.interval

    def due(self, others: int = 0) -> float:
        """Return from when on a call may begin, if as many ``others`` begin with it. Infinity: not before these have begun."""
        rate = self._rate
        in_window, at_once = rate.calls - others, rate.burst - others
        if in_window < 1 or at_once < 1:
            return math.inf
        outdated = len(self._starts) - in_window
        window = self._starts[outdated] + rate.period if outdated >= 0 else -math.inf
        return max(window, self._full_at - (at_once - 1) * rate.interval)
