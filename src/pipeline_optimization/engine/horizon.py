"""When a run ends at the latest, and from when on it waits for no attempt any more."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

from pipeline_optimization.engine.clock import Clock
from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.engine.stopping import Stop

__all__ = ["Horizon"]


class Horizon:
    """The deadline and the grace period of one run. ``ends_at`` is the clock time of its deadline, if it has one.

    ``should_stop`` is the calling program's wish that the run ends.
    """

    def __init__(self, clock: Clock, limits: Limits, should_stop: Callable[[], bool]) -> None:
        self._clock = clock
        self._limits = limits
        self._should_stop = should_stop
        self._thread: int | None = None
        self._over_at = math.inf
        self.ends_at: float | None = None

    def begin(self) -> None:
        """Note that the run begins now, in this thread."""
        self._thread = threading.get_ident()
        if self._limits.deadline is not None:
            self.ends_at = self._clock.now() + self._limits.deadline
            self._over_at = self.ends_at + self._limits.grace

    def due(self) -> Stop | None:
        """Return what ends the run now, if anything does."""
        if self.ends_at is not None and self._clock.now() >= self.ends_at:
            return Stop("deadline", f"its deadline of {self._limits.deadline:g} s is over")
        if self._should_stop():
            return Stop("cancelled", "the program that started it asked it to end")
        return None

    def grant(self) -> float:
        """Begin the grace period, unless it has begun; return the clock time at which it ends."""
        self._over_at = min(self._over_at, self._clock.now() + self._limits.grace)
        return self._over_at

    def abandon(self) -> None:
        """Note that nobody waits any more."""
        self._over_at = -math.inf

    def is_over(self) -> bool:
        """Return whether the run waits for no attempt any more. Attempts of this process ask, from any thread."""
        if self._over_at == math.inf and threading.get_ident() == self._thread and self._should_stop():
            self.grant()  # an attempt that runs in the thread of the engine keeps it from looking itself
        return self._over_at < math.inf and self._clock.now() >= self._over_at
