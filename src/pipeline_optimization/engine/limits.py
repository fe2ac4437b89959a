"""The bounds of a run: on the work that is under way, on time, and on failures. The circuit breaker and the deadline watch them.

Bounds on the calls of tasks are in ``throttling``. Runs without quotas do not import it, and use ``Unthrottled`` of this module instead.
"""

from __future__ import annotations

import math
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from pipeline_optimization.engine.clock import Clock
from pipeline_optimization.engine.stopping import Stop
from pipeline_optimization.engine.work import ItemState, TaskPolicy
from pipeline_optimization.errors import OptionError
from pipeline_optimization.types import ErrorRecord

if TYPE_CHECKING:
    from pipeline_optimization.engine.throttling import Throttling
    from pipeline_optimization.types.task_quota import TaskQuota

__all__ = ["CircuitBreaker", "Limits", "RunDeadline", "Unthrottled", "throttling_of"]

OPEN_BYTES = 16 << 20
"""The bytes of items that may be under way, unless the limits say otherwise."""

LARGEST = sys.float_info.max
"""The longest time. Python's whole numbers may be larger, but nothing can be computed with them and a fraction."""

FREE_RETRIES = 20
"""The retries that a run may have whatever the share is. Otherwise a small run would have none."""


@frozen(kw_only=True)
class Limits:
    """Bounds that the engine keeps. Times are in seconds.

    Attributes:
        item_timeout: How long an attempt may take; None for any time.
        deadline: How long the run may take; None for any time.
        grace: How long attempts may still run after something has stopped the run.
        stops_on_failure: Whether the first item that fails for good stops the run.
        poison_losses: An item is given up when this number of workers have died with it.
        breaker: How many attempts of one task must fail one after the other to stop the run; 0 for never.
        retry_share: How many retries there may be, as a share of all attempts; None for any number.
        open_bytes: How many bytes of data the items under way may have; None for 16 MiB.
        parked: If this number of items wait for a retry or for a quota, no more input is read. Items that results make possible may exceed it.

    Raises:
        OptionError: If a bound is out of range.
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
        """Return ``open_bytes``, or its default if that is None."""
        return OPEN_BYTES if self.open_bytes is None else self.open_bytes

    def retries_after(self, attempts: int) -> float | None:
        """Return how many retries a run may have had when it has made this number of attempts; None for any number.

        If a service is down, retries multiply the calls that it gets, and it cannot recover. A share of all attempts bounds that, as
        the retry budgets of Finagle do.
        """
        return None if self.retry_share is None else FREE_RETRIES + self.retry_share * attempts

    def __attrs_post_init__(self) -> None:
        for name, value in (("time for an item", self.item_timeout), ("deadline", self.deadline)):
            if value is not None and not 0 < value <= LARGEST:
                raise OptionError(f"The {name} must be a number of seconds above 0, not {value!r}.")
        if not 0 <= self.grace <= LARGEST:
            raise OptionError(f"The grace period must be a number of seconds of at least 0, not {self.grace!r}.")
        if self.poison_losses < 1:
            raise OptionError(f"An item can be given up after 1 death or more, not after {self.poison_losses!r}.")
        if self.breaker < 0:
            raise OptionError(f"The circuit breaker needs at least 1 attempt, or 0 for none, not {self.breaker!r}.")
        if self.retry_share is not None and not self.retry_share >= 0:
            raise OptionError(f"The share of retries must be a number of at least 0, not {self.retry_share!r}.")
        # Without room for anything that waits, a run with a quota would wait for ever.
        for name, least in (("bytes under way", self.most_open_bytes), ("items that wait", self.parked)):
            if not least >= 1:
                raise OptionError(f"The limit of {name} must be at least 1, not {least!r}.")


LEAST_ITEMS = 5
"""How many different items must have failed before the breaker opens. A single item that always fails says nothing of its task."""


@define(eq=False, repr=False)
class _Streak:
    """The attempts of a task that failed one after the other: how many, of which items, and with which types of error.

    ``length`` is negative after successes whose order is unknown: this number of failures may have happened between them
    (``CircuitBreaker.succeeded``).
    """

    length: int = 0
    items: set[str] = field(factory=set)
    errors: Counter[str] = field(factory=Counter)


class CircuitBreaker:
    """Returns the reason to stop the run when the last ``limit`` attempts of a task all failed or were lost; never if ``limit`` is 0.

    After M. Nygard, "Release It!", 2007. His breaker lets a call through now and then to see whether the service is back (it is
    half-open). This one does not: a run that was stopped can be resumed, which is a better second try.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._streaks: defaultdict[str, _Streak] = defaultdict(_Streak)

    def succeeded(self, task: str, number: int = 1) -> None:
        """Note successes of a task.

        A bundle reports its successes at once, and its failures are noted afterwards, although they may have happened between the successes.
        Therefore N successes make up for N failures that are noted later. A single success makes up for none: as a rule, it is that of an
        attempt of its own, and the failures that are noted after it happened after it. The successes of an earlier call do not count any more:
        a bundle reports all its successes of a task in one call (``Done``), and those of an earlier bundle happened before.
        """
        self._streaks.pop(task, None)
        if number > 1:
            self._streaks[task].length = -number

    def failed(self, state: ItemState, error: ErrorRecord) -> Stop | None:
        """Note that an attempt failed, and return the reason to stop the run, or None."""
        item = state.item
        if not self._limit or error.retry_after is not None:
            return None  # a service that says when to call again is up
        if item.position is not None and state.number > 1:
            # Only elements of bundles have a position. Those that failed are tried again one after the other, without the elements between
            # them that succeeded. Therefore a long row of such failures does not mean that the task always fails. The same holds for those that
            # an earlier run gave up: this run tries nothing else, and their first number is above 1.
            return None
        streak = self._streaks[item.task]
        streak.length += 1
        streak.errors[error.type] += 1
        if len(streak.items) < LEAST_ITEMS:  # more need not be remembered
            streak.items.add(item.id)
        if streak.length < self._limit or len(streak.items) < LEAST_ITEMS:
            return None
        ((common, number),) = streak.errors.most_common(1)
        how_many = "most of them" if 2 * number > streak.errors.total() else "most often"
        reason = f"the last {streak.length} attempts of {item.task} all failed, {how_many} with {common}"
        return Stop("circuit_breaker", reason, error, item.place)


class RunDeadline:
    """The deadline of one run, and the grace period after it or after anything else that stops the run.

    Args:
        clock: The time of the run.
        limits: The deadline and the grace period in seconds.
        should_stop: Returns whether the calling program wants the run to end.

    Attributes:
        ends_at: The clock time of the deadline; None if the run has none, and before it begins.
    """

    def __init__(self, clock: Clock, limits: Limits, should_stop: Callable[[], bool]) -> None:
        self._clock = clock
        self._limits = limits
        self._should_stop = should_stop
        self._thread: int | None = None
        self._over_at = math.inf
        self._is_grace_begun = self._is_cancelled = False
        self._error: Exception | None = None  # what ``should_stop`` raised while an attempt asked it
        self.ends_at: float | None = None

    def begin(self) -> None:
        """Note that the run begins now, and that this is the engine's thread."""
        self._thread = threading.get_ident()
        if self._limits.deadline is not None:
            self.ends_at = self._clock.now() + self._limits.deadline
            self._over_at = self.ends_at + self._limits.grace

    def reason_to_stop(self) -> Stop | None:
        """Return the reason to stop the run if the deadline has passed or the program wants it to end; None otherwise.

        Raises:
            Exception: Whatever ``should_stop`` raised, now or while an attempt asked.
        """
        if self._error is not None:
            raise self._error
        if self.ends_at is not None and self._clock.now() >= self.ends_at:
            return Stop("deadline", f"its deadline of {self._limits.deadline:g} s is over")
        if self._look_whether_cancelled():
            return Stop("cancelled", "the program that started it asked it to end")
        return None

    def _look_whether_cancelled(self) -> bool:
        """Ask the program whether it wants the run to end, and return whether it does, or did once: it may say so a single time."""
        self._is_cancelled = self._is_cancelled or self._should_stop()
        return self._is_cancelled

    def begin_grace(self) -> float:
        """Begin the grace period, unless it has begun, and return the clock time at which it ends."""
        self._is_grace_begun = True
        self._over_at = min(self._over_at, self._clock.now() + self._limits.grace)
        return self._over_at

    def end_grace(self) -> None:
        """End the grace period at once: the run waits for no attempt any more."""
        self._is_grace_begun = True
        self._over_at = -math.inf

    def is_over(self) -> bool:
        """Return whether the grace period is over, so that the run waits for no attempt any more. Any thread may ask.

        In the engine's thread, this also begins the grace period if the program wants the run to end: while an attempt runs in this
        thread, the engine itself cannot ask the program.
        """
        if not self._is_grace_begun and threading.get_ident() == self._thread:
            try:
                if self._look_whether_cancelled():
                    self.begin_grace()
            except Exception as error:  # noqa: BLE001 - an attempt asks, and would fail. The engine raises it instead, in ``reason_to_stop``
                self._error = error
                self.end_grace()
        # Attempts ask often. A run without a deadline need not read the clock before something has stopped it.
        return self._over_at < math.inf and self._clock.now() >= self._over_at


class Unthrottled:
    """Has the methods of ``Throttling``, which describes them, for a run without quotas: all calls may begin at once."""

    has_rates = False
    number_begun = number_new = bytes_new = 0
    records: Sequence[TaskQuota] = ()
    floor = 0.0

    def has_quota(self, task: str) -> bool:
        return False

    def allows(self, state: ItemState) -> bool:
        return True

    allows_in_turn = allows

    def set_aside(self, state: ItemState) -> None:
        raise AssertionError("nothing waits for a quota")

    def take_begun(self) -> ItemState | None:
        return None

    take_new = take_begun

    def begun_items(self) -> Sequence[ItemState]:
        return ()

    def due(self, suspects: Iterable[ItemState], *, with_new: bool) -> list[float]:
        return []

    def reason_to_stop(self, suspects: Iterable[ItemState]) -> Stop | None:
        return None

    def submit(self, *event: object) -> None:
        pass

    start = end = abandon = note_time = submit


def throttling_of(clock: Clock, policies: Mapping[str, TaskPolicy]) -> Throttling | Unthrottled:
    """Return the object that keeps the quotas of a run.

    Args:
        clock: The time of the run.
        policies: By task, what differs for its attempts. Some may have a quota.
    """
    if all(policy.quota is None for policy in policies.values()):
        return Unthrottled()
    from pipeline_optimization.engine.throttling import Throttling  # noqa: PLC0415 - for runs with quotas

    return Throttling(clock, policies)
