"""When the next call of a rate may begin."""

from __future__ import annotations

import math
from collections import deque

from pipeline_optimization.engine.quota import Rate

__all__ = ["Pace"]


class Pace:
    """Says when the next call under a rate may begin.

    Two rules hold at once. A sliding window of one period never has more starts than the rate allows, since that is what services
    count. A token bucket spreads the starts over the period: a token comes back with each interval, and the bucket holds as many
    as a burst has calls. Without the bucket, all calls of a period would begin at its start. A service whose own window
    begins at another time would count two such bursts in one window.

    The bucket is stored as one number, the time at which it is full again. This is the "generic cell rate algorithm" of ATM networks.
    """

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._starts: deque[float] = deque(maxlen=rate.calls)
        self._full_at = -math.inf

    def begin(self, now: float) -> None:
        """Note that a call began at the clock time ``now``. If a later call was noted before it, both count as begun at the later time."""
        if self._starts:
            now = max(now, self._starts[-1])
        self._starts.append(now)
        self._full_at = max(self._full_at, now) + self._rate.interval

    def due(self, others: int = 0) -> float:
        """Return the clock time from which on a call may begin.

        Args:
            others: How many other calls were submitted and have not begun. The result assumes that they begin at the same time as the call.

        Returns:
            The clock time; infinity if these others alone are as many as a burst has calls.
        """
        rate = self._rate
        in_window, in_burst = rate.calls - others, rate.burst - others
        if in_window < 1 or in_burst < 1:
            return math.inf
        # The call may begin when the start that is ``in_window`` places before it has left the window.
        outdated = len(self._starts) - in_window
        window = self._starts[outdated] + rate.period if outdated >= 0 else -math.inf
        return max(window, self._full_at - (in_burst - 1) * rate.interval)
