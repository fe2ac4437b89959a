"""The clock of a run, and how long its attempts have taken by this clock."""

from __future__ import annotations

import heapq
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

__all__ = ["AttemptTimers", "Clock", "SystemClock"]


class Clock(Protocol):
    """The time of a run: real time, or the virtual time of a simulation."""

    def now(self) -> float:
        """Return the time in seconds. Only differences mean something, since the clock may begin at any number."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let a number of seconds pass."""
        ...


class SystemClock:
    """Real time. It never runs backwards, even if the clock of the machine is set."""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class AttemptTimers:
    """Knows when each open attempt started, and which attempts have taken longer than they may.

    An attempt starts when the orchestrator announces it. If the orchestrator announces nothing, it starts when it is submitted.

    All methods except ``announce`` are called in the engine's thread. So nothing but the queue of announcements needs to be thread-safe.
    Each method that returns something first takes note of the starts that were announced.

    Args:
        clock: The time of the run.
        are_announced: Whether the orchestrator announces starts.
        on_start: Called in the engine's thread, with the id of each attempt that has started and the clock time of its start.

    Attributes:
        starts: The announced starts by attempt; None if nobody wants them. An observer puts a dictionary here, and removes what it has read.
    """

    def __init__(self, clock: Clock, *, are_announced: bool, on_start: Callable[[int, float], None]) -> None:
        self._clock = clock
        self._on_start = on_start
        self._are_announced = are_announced
        self._announced: deque[tuple[int, float]] = deque()  # appending is atomic
        self.starts: dict[int, float] | None = None
        self._not_started: dict[int, float | None] = {}  # the attempts that have not started, with their time limits
        self._limited: set[int] = set()  # the attempts that have started and have a time limit
        # A heap of the times at which attempts will have taken too long. An attempt that ends stays in it until it is at the top, since
        # to take it out of the middle would take longer.
        self._limits: list[tuple[float, int]] = []

    def announce(self, attempt_id: int) -> None:
        """Note that an attempt starts now. May be called from any thread."""
        self._announced.append((attempt_id, self._clock.now()))

    def submit(self, attempt_id: int, timeout: float | None) -> None:
        """Add an attempt that may take ``timeout`` seconds, or any time if that is None."""
        if self._are_announced:
            self._not_started[attempt_id] = timeout
        else:
            self._start(attempt_id, self._clock.now(), timeout)

    def end(self, attempt_id: int) -> None:
        """Remove an attempt that is over."""
        self.take_announced()
        self._not_started.pop(attempt_id, None)
        self._limited.discard(attempt_id)

    def not_started(self) -> set[int]:
        """Return the attempts that have not started. It is empty if the orchestrator does not announce starts."""
        self.take_announced()
        return set(self._not_started)

    def take_overdue(self) -> list[int]:
        """Return the attempts whose time has run out. Each is returned once."""
        now = self._clock.now()
        found = []
        while (limit := self.next_limit()) is not None and limit <= now:
            found.append(heapq.heappop(self._limits)[1])
        return found

    def next_limit(self) -> float | None:
        """Return the clock time at which the next attempt will have taken too long; None if no attempt has a time limit."""
        self.take_announced()
        while self._limits and self._limits[0][1] not in self._limited:
            heapq.heappop(self._limits)
        return self._limits[0][0] if self._limits else None

    def take_announced(self) -> None:
        """Take note of the starts that other threads have announced so far."""
        while self._announced:
            attempt_id, began = self._announced.popleft()
            if self.starts is not None:
                self.starts[attempt_id] = began
            if attempt_id in self._not_started:
                self._start(attempt_id, began, self._not_started.pop(attempt_id))

    def _start(self, attempt_id: int, began: float, timeout: float | None) -> None:
        self._on_start(attempt_id, began)
        if timeout is not None:
            self._limited.add(attempt_id)
            heapq.heappush(self._limits, (began + timeout, attempt_id))
