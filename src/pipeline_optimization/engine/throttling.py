"""Keeps quotas, once for the whole run: which task may be called now, and who waits for that.

What waits, waits here, in the parent, and keeps no worker busy. An attempt counts as a call from the moment at which the orchestrator gets
it until it is over, whatever became of it, also where nobody waits for it any more: the call may still go on.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping

from pipeline_optimization.engine.clock import Clock
from pipeline_optimization.engine.pace import Pace
from pipeline_optimization.engine.quota import Quota
from pipeline_optimization.engine.stopping import Stop, calls_hang
from pipeline_optimization.engine.work import TaskPolicy, Track

__all__ = ["Throttle", "Throttling"]

LOOK = 0.01
"""Seconds until the next look where it is not known yet when attempts that were handed out have begun."""


class Throttle:
    """What one quota allows now. ``again`` and ``new`` are the tracks that wait for it, in their order."""

    def __init__(self, quota: Quota, clock: Clock) -> None:
        self._limit = math.inf if quota.limit is None else quota.limit
        self._clock = clock
        self._called: set[int] = set()
        self._pending: set[int] = set()  # those of them that may not have begun yet
        self._hanging: dict[int, float] = {}  # those that nobody waits for, and until when patience lasts
        self.again: deque[Track] = deque()
        self.new: deque[Track] = deque()
        self._pace, self._ideal = (None if quota.rate is None else Pace(quota.rate) for _ in range(2))
        self._busy = self._last_start = 0.0
        self._least = math.inf

    def has_room(self) -> bool:
        """Return whether a call may begin now."""
        if len(self._called) >= self._limit:
            return False
        return self._pace is None or self._pace.due(len(self._pending)) <= self._clock.now()

    def next_due(self) -> float | None:
        """Return the clock time at which a call may begin, None where that takes the end of another one."""
        if self._pace is None or len(self._called) >= self._limit:
            return None
        due = self._pace.due(len(self._pending))
        return due if math.isfinite(due) else self._clock.now() + LOOK

    def submit(self, attempt_id: int) -> None:
        self._called.add(attempt_id)
        self._pending.add(attempt_id)

    def start(self, attempt_id: int, now: float) -> None:
        """Note that an attempt has begun at the clock time ``now``."""
        if attempt_id in self._pending:
            self._pending.discard(attempt_id)
            if self._pace is not None:
                self._pace.begin(now)

    def end(self, attempt_id: int) -> None:
        self.start(attempt_id, self._clock.now())  # where nobody has told, it may have begun just now
        self._called.discard(attempt_id)
        self._hanging.pop(attempt_id, None)

    def abandon(self, attempt_id: int, patience: float) -> None:
        """Go on counting an attempt that nobody waits for. After ``patience`` seconds it is taken to hang."""
        self._called.add(attempt_id)
        self._hanging[attempt_id] = self._clock.now() + patience

    def hangs(self) -> bool:
        """Return whether calls that hang take up all that may be under way."""
        now = self._clock.now()
        return len(self._hanging) >= self._limit and all(until <= now for until in self._hanging.values())

    def note(self, latency: float) -> None:
        """Note how long a call takes on the virtual path."""
        self._busy += latency
        self._least = min(self._least, latency)
        if self._ideal is not None:
            self._last_start = max(0.0, self._ideal.due())
            self._ideal.begin(self._last_start)

    @property
    def floor(self) -> float:
        """Return the seconds that no run takes less than with the calls that were noted."""
        return 0.0 if self._least == math.inf else max(self._busy / self._limit, self._last_start + self._least)


class Throttling:
    """The throttles of a run, by task, and the tracks that wait for one."""

    def __init__(self, clock: Clock, policies: Mapping[str, TaskPolicy]) -> None:
        by_quota: dict[Quota, Throttle] = {}
        self._by_task: dict[str, Throttle] = {}
        self._of_attempt: dict[int, Throttle] = {}
        for task, policy in policies.items():
            if policy.quota is not None:
                self._by_task[task] = by_quota.setdefault(policy.quota, Throttle(policy.quota, clock))
        self._throttles = list(by_quota.values())
        self.has_rates = any(quota.rate is not None for quota in by_quota)
        self.held_bytes = 0

    def keeps(self, task: str) -> bool:
        """Return whether a task has a quota."""
        return task in self._by_task

    def has_room(self, track: Track) -> bool:
        """Return whether a track's task may be called now, whoever waits for it."""
        throttle = self._by_task.get(track.item.task)
        return throttle is None or throttle.has_room()

    def admits(self, track: Track) -> bool:
        """Return whether a track may go on now, and holds up none that has waited longer."""
        throttle = self._by_task.get(track.item.task)
        if throttle is None:
            return True
        if track.first_started is None:
            # Whose first attempt was made in a bundle is not called yet.
            return track.item.failed is not None or (not (throttle.again or throttle.new) and throttle.has_room())
        return not throttle.again and throttle.has_room()

    def hold(self, track: Track) -> None:
        """Let a track wait for its quota."""
        throttle = self._by_task[track.item.task]
        if track.first_started is None:
            throttle.new.append(track)
            self.held_bytes += track.item.size
        else:
            throttle.again.append(track)

    def take_again(self) -> Track | None:
        """Return a track that was called before and may be called again now."""
        for throttle in self._throttles:
            if throttle.again and throttle.has_room():
                return throttle.again.popleft()
        return None

    def take_new(self) -> Track | None:
        """Return a track that may be called for the first time now."""
        for throttle in self._throttles:
            if throttle.new and not throttle.again and throttle.has_room():
                track = throttle.new.popleft()
                self.held_bytes -= track.item.size
                return track
        return None

    @property
    def held_again(self) -> int:
        return sum(len(throttle.again) for throttle in self._throttles)

    @property
    def held_new(self) -> int:
        return sum(len(throttle.new) for throttle in self._throttles)

    def due(self, suspects: Iterable[Track], *, with_new: bool) -> list[float]:
        """Return the clock times at which tracks that wait may go on, new ones if asked for, as far as they depend on time alone."""
        waited_for = self._waited_for(suspects, with_new=with_new)
        return [due for throttle in waited_for if (due := throttle.next_due()) is not None]

    def hang(self, suspects: Iterable[Track]) -> Stop | None:
        """Return why the run stops where tracks wait for calls that hang."""
        hanging = {throttle for throttle in self._waited_for(suspects, with_new=True) if throttle.hangs()}
        return next((calls_hang(task) for task, throttle in self._by_task.items() if throttle in hanging), None)

    def _waited_for(self, suspects: Iterable[Track], *, with_new: bool) -> list[Throttle]:
        """Return the throttles that suspects or others wait for, new ones among them if asked for."""
        waited_for = [one for one in self._throttles if one.again or (with_new and one.new)]
        return [*waited_for, *(self._by_task[one.item.task] for one in suspects if one.item.task in self._by_task)]

    def submit(self, attempt_id: int, task: str) -> None:
        """Note that an orchestrator gets an attempt."""
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
        """Note that an attempt of a task goes on, though nobody waits for it."""
        if (throttle := self._by_task.get(task)) is not None:
            self._of_attempt[attempt_id] = throttle
            throttle.abandon(attempt_id, patience)

    def note(self, task: str, latency: float) -> None:
        """Note how long a call takes on the virtual path."""
        if (throttle := self._by_task.get(task)) is not None:
            throttle.note(latency)

    @property
    def floor(self) -> float:
        """Return the seconds that no run takes less than, as far as quotas decide on it."""
        return max((throttle.floor for throttle in self._throttles), default=0.0)
