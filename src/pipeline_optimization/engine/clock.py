"""The time that the engine lives in, and how long attempts have run in it."""

from __future__ import annotations

import time
from collections import deque
from typing import Protocol

__all__ = ["AttemptTimers", "Clock", "SystemClock"]


class Clock(Protocol):
    """Tells the time in seconds from an arbitrary origin, and lets it pass."""

    def now(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """Real, monotonic time."""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class AttemptTimers:
    """Keeps when each attempt under way started: when its orchestrator announced it, or else when it was submitted.

    All methods but ``announce`` are called from the engine's thread.
    """

    def __init__(self, clock: Clock, timeout: float | None, *, are_announced: bool) -> None:
        self._clock = clock
        self._timeout = timeout
        self._are_announced = are_announced
        self._announced: deque[tuple[int, float]] = deque()  # appending is atomic
        self._waiting: set[int] = set()
        self._running: dict[int, float] = {}  # in order of start

    def announce(self, attempt_id: int) -> None:
        """Note that an attempt starts now. May be called from any thread."""
        self._announced.append((attempt_id, self._clock.now()))

    def submit(self, attempt_id: int) -> None:
        if self._are_announced:
            self._waiting.add(attempt_id)
        else:
            self._running[attempt_id] = self._clock.now()

    def end(self, attempt_id: int) -> None:
        self._take_announced()
        self._waiting.discard(attempt_id)
        self._running.pop(attempt_id, None)

    def waiting(self) -> set[int]:
        """Return the attempts that have certainly not started."""
        self._take_announced()
        return set(self._waiting)

    def overdue(self) -> list[int]:
        """Return the attempts that have taken longer than they may."""
        if self._timeout is None:
            return []
        self._take_announced()
        now = self._clock.now()
        found = []
        for attempt_id, started in self._running.items():
            # The same sum as in next_due(): another one may round to a moment later, and time would not pass till then.
            if started + self._timeout > now:
                break
            found.append(attempt_id)
        return found

    def next_due(self) -> float | None:
        """Return the clock time at which the next attempt will have taken too long."""
        if self._timeout is None:
            return None
        self._take_announced()
        first = next(iter(self._running.values()), None)
        return None if first is None else first + self._timeout

    def _take_announced(self) -> None:
        while self._announced:
            attempt_id, now = self._announced.popleft()
            if attempt_id in self._waiting:
                self._waiting.discard(attempt_id)
                self._running[attempt_id] = now
