"""The bounds of a run: on what is under way, on time, and on failure, with what watches them."""

from __future__ import annotations

import math
import threading
from collections import Counter, defaultdict
from collections.abc import Callable

from attrs import define, field, frozen

from pipeline_optimization.engine.clock import Clock
from pipeline_optimization.engine.stopping import Stop
from pipeline_optimization.engine.work import Track
from pipeline_optimization.errors import OptionError
from pipeline_optimization.types import ErrorRecord

__all__ = ["CircuitBreaker", "Horizon", "Limits"]

OPEN_BYTES = 16 << 20
"""Bytes of items under way where nobody says otherwise."""

FREE_RETRIES = 20
"""Retries that a share does not bound, so that small runs have some."""


@frozen(kw_only=True)
class Limits:
    """Bounds that the engine keeps. Times are in seconds.

    An attempt may take ``item_timeout`` and the run ``deadline`` (None: any time); what is under way when a run is
    stopped has ``grace`` to end. ``stops_on_failure`` stops the run at the first item that fails for good. An item whose
    workers died ``poison_losses`` times is given up. ``breaker`` attempts of one task in a row that all failed stop the
    run (0: never). ``retry_share`` bounds retries as a share of all attempts (None: no bound). ``open_bytes`` of item
    data (None: some chunks) and ``parked`` items that wait for a retry may be under way.

    Raises OptionError for bounds that make no sense.
    """

    item_timeout: float | None = None
    deadline: float | None = None
    grace: float = 1.0
    stops_on_failure: bool = False
    poison_losses: int = 3
    breaker: int = 50
    retry_share: float | None = None
    open_bytes: int | None = None
    parked: int = 1000

    @property
    def most_open_bytes(self) -> int:
        return OPEN_BYTES if self.open_bytes is None else self.open_bytes

    def retries_after(self, attempts: int) -> float | None:
        """Return how many retries there may be after ``attempts`` attempts; the first 20 are free. None: any number.

        The idea is that of Finagle's retry budgets.
        """
        return None if self.retry_share is None else FREE_RETRIES + self.retry_share * attempts

    def __attrs_post_init__(self) -> None:
        for name, value in (("time for an item", self.item_timeout), ("deadline", self.deadline)):
            if value is not None and not (value > 0 and math.isfinite(value)):
                raise OptionError(f"The {name} must be a number of seconds above 0, not {value!r}.")
        if not (self.grace >= 0 and math.isfinite(self.grace)):
            raise OptionError(f"The grace period must be a number of seconds of at least 0, not {self.grace!r}.")
        if self.poison_losses < 1:
            raise OptionError(f"An item can be given up after 1 death or more, not after {self.poison_losses!r}.")
        if self.breaker < 0:
            raise OptionError(f"The circuit breaker needs at least 1 attempt, or 0 for none, not {self.breaker!r}.")
        if self.retry_share is not None and not self.retry_share >= 0:
            raise OptionError(f"The share of retries must be a number of at least 0, not {self.retry_share!r}.")


LEAST_ITEMS = 5
"""So many different items must have failed: one that never succeeds says nothing of its task."""


@define(eq=False, repr=False)
class _Row:
    """The attempts of a task that failed one after the other."""

    length: int = 0
    items: set[str] = field(factory=set)
    errors: Counter[str] = field(factory=Counter)


class CircuitBreaker:
    """Opens when the last ``limit`` attempts of a task all failed or were lost; never if ``limit`` is 0.

    After M. Nygard, "Release It!", 2007. There is no half-open state: a stopped run can be resumed, which tries again.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._rows: defaultdict[str, _Row] = defaultdict(_Row)

    def succeeded(self, task: str, number: int = 1) -> None:
        """Note successes of a task. Of many at once, nobody knows their order: each makes up for a failure to come."""
        self._rows.pop(task, None)
        if number > 1:
            self._rows[task].length = -number

    def failed(self, track: Track, error: ErrorRecord) -> Stop | None:
        """Note that an attempt failed. Return why the run should stop, if it should."""
        item = track.item
        if not self._limit or error.retry_after is not None:
            return None  # a service that says when to come back is there
        if item.position is not None and track.number > 1:
            return None  # elements of bundles that fail are tried again together: that says nothing of those in between
        row = self._rows[item.task]
        row.length += 1
        row.errors[error.type] += 1
        if len(row.items) < LEAST_ITEMS:
            row.items.add(item.id)
        if row.length < self._limit or len(row.items) < LEAST_ITEMS:
            return None
        ((common, _),) = row.errors.most_common(1)
        reason = f"the last {row.length} attempts of {item.task} all failed, most of them with {common}"
        return Stop("circuit_breaker", reason, error, item.place)


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
