"""Keeps the quotas of a run: knows which tasks may be called now, and keeps the items that wait until their tasks may be called.

The quotas are kept in the parent, since only the parent sees all calls. Items wait here and not in workers, so they keep no worker busy.

An attempt counts as a call from the moment at which the orchestrator gets it until it is over. So an attempt in the orchestrator's
queue counts too, and an abandoned attempt counts until it answers: the service may still be at work for it. The count is
never lower than the number of calls that the service sees.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from pipeline_optimization.engine.clock import Clock
from pipeline_optimization.engine.pace import Pace
from pipeline_optimization.engine.quota import Quota
from pipeline_optimization.engine.quota_records import records_of_quotas
from pipeline_optimization.engine.stopping import Stop, stop_for_hanging_calls
from pipeline_optimization.engine.work import ItemState, TaskPolicy

__all__ = ["Throttle", "Throttling"]

LOOK = 0.01
"""Seconds until the engine looks again whether submitted attempts have begun. A rate counts calls from the moment at which they begin."""


class Throttle:
    """What one quota allows now, and which items wait for it.

    Attributes:
        begun: The items that have begun and wait for their next attempt, in their order.
        new: The items that wait until they may begin, in their order.
    """

    def __init__(self, quota: Quota, clock: Clock) -> None:
        self._limit = math.inf if quota.limit is None else quota.limit
        self._clock = clock
        self._called: set[int] = set()  # the ids of the attempts that count as calls
        self._not_started: set[int] = set()  # calls that are not known to have started
        # Calls that were abandoned, each with the time from which it counts as hanging.
        self._hang_from: dict[int, float] = {}
        self.begun: deque[ItemState] = deque()
        self.new: deque[ItemState] = deque()
        self._pace = None if quota.rate is None else Pace(quota.rate)
        # For the floor: the same calls in an imagined run, in which each begins as soon as the rate allows it.
        self._ideal = None if quota.rate is None else Pace(quota.rate)
        # For the floor: how long all calls together take at least, the earliest start of the last one under the rate, and how long the shortest
        # one takes.
        self._busy = self._last_start = 0.0
        self._shortest = math.inf

    def allows_call(self) -> bool:
        """Return whether a call may begin now."""
        if len(self._called) >= self._limit:
            return False
        return self._pace is None or self._pace.due(len(self._not_started)) <= self._clock.now()

    def next_due(self) -> float | None:
        """Return the clock time at which a call may begin; None if another call must end first."""
        if self._pace is None or len(self._called) >= self._limit:
            return None
        due = self._pace.due(len(self._not_started))
        # It is infinite if so many attempts are about to begin that the rate allows no more until it is known when they did.
        return due if math.isfinite(due) else self._clock.now() + LOOK

    def submit(self, attempt_id: int) -> None:
        """Count an attempt that the orchestrator gets."""
        self._called.add(attempt_id)
        self._not_started.add(attempt_id)

    def start(self, attempt_id: int, now: float) -> None:
        """Note that an attempt has begun at the clock time ``now``."""
        if attempt_id in self._not_started:
            self._not_started.discard(attempt_id)
            if self._pace is not None:
                self._pace.begin(now)

    def end(self, attempt_id: int) -> None:
        """Count an attempt no more, as it is over."""
        # If nobody announced its start, it may have begun a moment ago. A later start is the safe assumption: the next call waits longer.
        self.start(attempt_id, self._clock.now())
        self._called.discard(attempt_id)
        self._hang_from.pop(attempt_id, None)

    def abandon(self, attempt_id: int, patience: float) -> None:
        """Count an attempt again whose time is over and that the orchestrator cannot end. ``end`` was called for it before.

        It may still answer soon. If it has not after ``patience`` more seconds, it counts as hanging.
        """
        self._called.add(attempt_id)
        self._hang_from[attempt_id] = self._clock.now() + patience

    def hangs(self) -> bool:
        """Return whether calls that hang use up the whole limit, so that no call can ever begin again; False without a limit."""
        now = self._clock.now()
        return len(self._hang_from) >= self._limit and all(time <= now for time in self._hang_from.values())

    def note_time(self, seconds: float) -> None:
        """Note how long a call takes at least, for the floor: the time that is simulated, or its time limit if it took longer than that."""
        self._busy += seconds
        self._shortest = min(self._shortest, seconds)
        if self._ideal is not None:
            self._last_start = max(0.0, self._ideal.due())
            self._ideal.begin(self._last_start)

    @property
    def floor(self) -> float:
        """Return how many seconds any run with these calls takes at least, because of this quota.

        The limit gives one bound: the times of all calls, divided by how many may run at once. Without a limit, it is 0. The rate gives another:
        the earliest start of the last call, plus the time of the shortest one.
        """
        return 0.0 if self._shortest == math.inf else max(self._busy / self._limit, self._last_start + self._shortest)


class Throttling:
    """The quotas of a run by task, and the items that wait for them. Some of these have *begun* (``ItemState.has_begun``), others are *new*.

    ``bytes_new`` is how much memory the new items take. ``records`` is what orchestrators are told of the quotas.
    """

    def __init__(self, clock: Clock, policies: Mapping[str, TaskPolicy]) -> None:
        by_quota: dict[Quota, Throttle] = {}
        self._by_task: dict[str, Throttle] = {}
        self._of_attempt: dict[int, Throttle] = {}
        for task, policy in policies.items():
            if policy.quota is not None:
                # Tasks that share a Quota object share its throttle. Quotas are compared by identity.
                if policy.quota not in by_quota:
                    by_quota[policy.quota] = Throttle(policy.quota, clock)
                self._by_task[task] = by_quota[policy.quota]
        self._throttles = list(by_quota.values())
        self.has_rates = any(quota.rate is not None for quota in by_quota)
        self.bytes_new = 0
        self.records = records_of_quotas(policies)

    def has_quota(self, task: str) -> bool:
        """Return whether a task has a quota."""
        return task in self._by_task

    def allows(self, state: ItemState) -> bool:
        """Return whether an item's task may be called now, no matter which other items wait for that."""
        throttle = self._by_task.get(state.item.task)
        return throttle is None or throttle.allows_call()

    def allows_in_turn(self, state: ItemState) -> bool:
        """Return whether an item may go on now without overtaking an item that waits for the same quota."""
        throttle = self._by_task.get(state.item.task)
        if throttle is None:
            return True
        if state.item.first_error is not None and state.first_started is None:
            return True  # its first attempt was made inside a bundle: what follows now is the decision about a retry, and no call
        return not (throttle.begun or (throttle.new and not state.has_begun)) and throttle.allows_call()

    def set_aside(self, state: ItemState) -> None:
        """Let an item wait for its quota."""
        throttle = self._by_task[state.item.task]
        if state.has_begun:
            throttle.begun.append(state)
        else:
            throttle.new.append(state)
            self.bytes_new += state.item.in_memory

    def take_begun(self) -> ItemState | None:
        """Return an item that has begun and may have its next attempt now; None if there is none."""
        for throttle in self._throttles:
            if throttle.begun and throttle.allows_call():
                return throttle.begun.popleft()
        return None

    def take_new(self) -> ItemState | None:
        """Return an item that may begin now; None if there is none."""
        for throttle in self._throttles:
            # Items that have begun go first, so that few items are under way.
            if throttle.new and not throttle.begun and throttle.allows_call():
                state = throttle.new.popleft()
                self.bytes_new -= state.item.in_memory
                return state
        return None

    @property
    def number_begun(self) -> int:
        """Return how many items wait that have begun."""
        return sum(len(throttle.begun) for throttle in self._throttles)

    def begun_items(self) -> Sequence[ItemState]:
        """Return the items that wait and have begun."""
        return [state for throttle in self._throttles for state in list(throttle.begun)]

    @property
    def number_new(self) -> int:
        """Return how many items wait that have not begun."""
        return sum(len(throttle.new) for throttle in self._throttles)

    def due(self, suspects: Iterable[ItemState], *, with_new: bool) -> list[float]:
        """Return the clock times at which items that wait may go on, as far as these depend on time alone.

        Args:
            suspects: Items that wait to run alone, which may have to wait for a quota, too.
            with_new: Whether items that have not begun count.
        """
        wanted = self._wanted(suspects, with_new=with_new)
        return [due for throttle in wanted if (due := throttle.next_due()) is not None]

    def reason_to_stop(self, suspects: Iterable[ItemState]) -> Stop | None:
        """Return the reason to stop if items wait for a quota that is used up by calls that hang; None otherwise."""
        hanging = {throttle for throttle in self._wanted(suspects, with_new=True) if throttle.hangs()}
        return next(
            (stop_for_hanging_calls(task) for task, throttle in self._by_task.items() if throttle in hanging), None
        )

    def _wanted(self, suspects: Iterable[ItemState], *, with_new: bool) -> list[Throttle]:
        """Return the throttles for which items wait."""
        wanted = [one for one in self._throttles if one.begun or (with_new and one.new)]
        return [*wanted, *(self._by_task[one.item.task] for one in suspects if one.item.task in self._by_task)]

    def submit(self, attempt_id: int, task: str) -> None:
        """Note that the orchestrator gets an attempt."""
        if (throttle := self._by_task.get(task)) is not None:
            self._of_attempt[attempt_id] = throttle
            throttle.submit(attempt_id)

    def start(self, attempt_id: int, now: float) -> None:
        """Note that an attempt has begun."""
        if (throttle := self._of_attempt.get(attempt_id)) is not None:
            throttle.start(attempt_id, now)

    def end(self, attempt_id: int) -> None:
        """Note that an attempt is over."""
        if (throttle := self._of_attempt.pop(attempt_id, None)) is not None:
            throttle.end(attempt_id)

    def abandon(self, attempt_id: int, task: str, patience: float) -> None:
        """Note that an attempt goes on although its time is over. ``end`` was called for it before, so it is entered again."""
        if (throttle := self._by_task.get(task)) is not None:
            self._of_attempt[attempt_id] = throttle
            throttle.abandon(attempt_id, patience)

    def note_time(self, task: str, seconds: float) -> None:
        """Note how long a call takes at least, for the floor (``Throttle.note_time``)."""
        if (throttle := self._by_task.get(task)) is not None:
            throttle.note_time(seconds)

    @property
    def floor(self) -> float:
        """Return how many seconds any run with these calls takes at least, because of its quotas."""
        return max((throttle.floor for throttle in self._throttles), default=0.0)
