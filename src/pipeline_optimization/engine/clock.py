"""The time that the engine lives in, and how long attempts have run in it."""

from __future__ import annotations

import heapq
import time
from collections import deque
from collections.abc import Callable
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

    Who needs what was announced gives it ``starts``, and takes from there what is over.

    All methods but ``announce`` are called from the engine's thread, and so is ``on_start``, with each attempt that starts.
    """

    def __init__(self, clock: Clock, *, are_announced: bool, on_start: Callable[[int, float], None]) -> None:
        self._clock = clock
        self._on_start = on_start
        self._are_announced = are_announced
        self._announced: deque[tuple[int, float]] = deque()  # appending is atomic
        self.starts: dict[int, float] | None = None
        self._waiting: dict[int, float | None] = {}
        self._running: set[int] = set()  # those that may not take any time
        self._ends: list[tuple[float, int]] = []  # a heap; attempts that are over stay in it until they are at its top

    def announce(self, attempt_id: int) -> None:
        """Note that an attempt starts now. May be called from any thread."""
        self._announced.append((attempt_id, self._clock.now()))

    def submit(self, attempt_id: int, timeout: float | None) -> None:
        """Add an attempt, which may take ``timeout`` seconds (None: any time)."""
        if self._are_announced:
            self._waiting[attempt_id] = timeout
        else:
            self._start(attempt_id, self._clock.now(), timeout)

    def end(self, attempt_id: int) -> None:
        self.take_announced()
        self._waiting.pop(attempt_id, None)
        self._running.discard(attempt_id)

    def waiting(self) -> set[int]:
        """Return the attempts that have certainly not started."""
        self.take_announced()
        return set(self._waiting)

    def overdue(self) -> list[int]:
        """Return the attempts that have taken longer than they may, each once."""
        now = self._clock.now()
        found = []
        while (due := self.next_due()) is not None and due <= now:
            found.append(heapq.heappop(self._ends)[1])
        return found

    def next_due(self) -> float | None:
        """Return the clock time at which the next attempt will have taken too long."""
        self.take_announced()
        while self._ends and self._ends[0][1] not in self._running:
            heapq.heappop(self._ends)
        return self._ends[0][0] if self._ends else None

    def take_announced(self) -> None:
        """Hear what was announced so far."""
        while self._announced:
            attempt_id, now = self._announced.popleft()
            if self.starts is not None:
                self.starts[attempt_id] = now
            if attempt_id in self._waiting:
                self._start(attempt_id, now, self._waiting.pop(attempt_id))

    def _start(self, attempt_id: int, now: float, timeout: float | None) -> None:
        self._on_start(attempt_id, now)
        if timeout is not None:
            self._running.add(attempt_id)
            heapq.heappush(self._ends, (now + timeout, attempt_id))
