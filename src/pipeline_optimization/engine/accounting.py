"""Adds up where the time of a run's slots goes.

What is known exactly is added up: each attempt's own time, which its worker measures, and each pause of the driver, which is its time inside the
orchestrator's ``poll``, asleep, or at an input that has nothing yet. During a pause the number of attempts in flight does not change, so it is
known how many slots had none. What is left of the time of all slots is the driver's, so the parts always sum up to the whole.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator
from time import thread_time_ns
from typing import TYPE_CHECKING

from pipeline_optimization.types import Capabilities, Orchestrator
from pipeline_optimization.types.time_account import TimeAccount

if TYPE_CHECKING:
    from pipeline_optimization.engine.backlog import Backlog
    from pipeline_optimization.engine.flight import Flight
    from pipeline_optimization.engine.work import Item

__all__ = ["Accounting"]

SECOND = 1_000_000_000

LEAST_PAUSE = 1_000_000
"""Nanoseconds below which the reading of an input does not count as waiting for it."""

MOST_POINTS = 4096
"""Moments that are remembered of the driver's pauses. Long ago there are fewer, between which it is taken to have paused evenly."""


class Accounting:
    """Is told of pauses and attempts by the engine, all times in nanoseconds of the engine's clock."""

    def __init__(self, now: Callable[[], int], capabilities: Capabilities) -> None:
        self._now = now
        # There attempts run inside of pauses, and what is between them is the driver's own work.
        self._runs_in_caller = capabilities.runs_in_caller
        self._compute = self._wait = 0
        # During pauses: their length, the time of slots that had an attempt, and that of slots whose item waited for its retry.
        self._paused = self._fed = self._retrying = 0
        # The parts of attempts, and of waits for new workers, that were in pauses.
        self._ran_paused = self._starting = 0
        # The time of slots that abandoned attempts hold: all of it, and what of it was in pauses.
        self._held = self._held_paused = 0
        self._is_open = self._is_inside = False
        self._slots: int | None = None
        self._most = 0
        self._begun: int | None = None
        self._now_fed = self._now_retrying = self._now_held = self._marked = 0
        self._past = _Past()

    def follow(self, orchestrator: Orchestrator, flight: Flight) -> None:
        """Get to know whose slots and attempts these are."""
        self._orchestrator = orchestrator
        self._flight = flight

    def _look(self) -> None:
        """Find out how many slots there are, once the orchestrator is open: ``None`` where there are as many as attempts."""
        slots = self._orchestrator.slots
        self._slots = None if slots == sys.maxsize or (self._runs_in_caller and slots > 1) else slots
        self._is_inside = self._runs_in_caller and slots == 1
        self._is_open = True

    def pauses(self, backlog: Backlog) -> None:
        """Note that the driver goes on only once something happens."""
        if not self._is_open:
            self._look()
        # Where the only slot is inside the pause and has an attempt, that measures itself.
        if self._is_inside and self._flight and not self._flight.abandoned:
            return
        self._begin(self._now(), backlog.waiting_for_retry)

    def goes_on(self) -> None:
        """Note that the pause is over."""
        if self._begun is not None:
            self._end(self._begun, self._now())

    def reading(self, items: Iterator[Item]) -> Iterator[Item]:
        """Yield items, and note how long each was waited for: not what the driver computed meanwhile."""
        while True:
            if not self._is_open:
                self._look()
            begun, busy = self._now(), thread_time_ns()
            try:
                item = next(items)
            except StopIteration:
                return
            finally:
                now = self._now()
                if now - begun > LEAST_PAUSE and (waited := now - begun - (thread_time_ns() - busy)) > LEAST_PAUSE:
                    self._begin(now - waited, 0)
                    self._end(now - waited, now)
            yield item

    def ran(self, began: int, ended: int, waited: int) -> None:
        """Note that an attempt ran, and how long it waited meanwhile."""
        took = ended - began
        if waited:
            self._wait += min(waited, took)
            self._compute += max(0, took - waited)
        else:
            self._compute += took
        if not self._runs_in_caller:
            self._ran_paused += self._past.paused_between(began, ended)

    def met(self, handed_out: int, began: int) -> None:
        """Note when a worker began its first attempt: until then it was started."""
        if not self._runs_in_caller:
            self._starting += self._past.paused_between(handed_out, began)

    def account(self, wall: int, used: int) -> TimeAccount:
        """Return the account of a time that is over. ``used`` is how many attempts were ever under way at once."""
        self._look()
        slots = max(1, used) if self._slots is None else self._slots
        left = _Rest(slots * wall)
        wait, compute = left.take(self._wait), left.take(self._compute + self._held)
        retrying = left.take(self._retrying)
        idle = left.take(slots * self._paused - self._fed - self._held_paused - self._retrying)
        transport = 0 if self._runs_in_caller else left.take(self._fed - self._ran_paused - self._starting)
        return TimeAccount(
            wall=wall / SECOND,
            slots=slots,
            compute=compute / SECOND,
            wait=wait / SECOND,
            retry_delay=retrying / SECOND,
            transport=transport / SECOND,
            driver=left.all / SECOND,
            idle=idle / SECOND,
        )

    def _begin(self, now: int, retries: int) -> None:
        in_flight = len(self._flight)
        room = self._slots
        if room is None:
            room = self._most = max(self._most, in_flight)
        if self._flight.abandoned or self._now_held:
            held = len(self._flight.abandoned)
            room = max(0, room - held)
            self._held += self._now_held * (now - self._marked)
            self._now_held = held
        self._begun = now
        if in_flight >= room:
            self._now_fed, self._now_retrying = room, 0
        else:
            self._now_fed, self._now_retrying = in_flight, min(room - in_flight, retries)

    def _end(self, begun: int, now: int) -> None:
        took = now - begun
        self._begun, self._marked = None, now
        self._paused += took
        self._fed += self._now_fed * took
        if self._now_retrying:
            self._retrying += self._now_retrying * took
        if self._now_held:
            self._held += self._now_held * took
            self._held_paused += self._now_held * took
        if not self._runs_in_caller:
            self._past.note(begun, now)


class _Rest:
    """What is left of a time from which parts are taken."""

    def __init__(self, time: int) -> None:
        self.all = time

    def take(self, part: int) -> int:
        """Take a part, as far as it is there."""
        taken = min(self.all, max(0, part))
        self.all -= taken
        return taken


class _Past:
    """How long the driver had paused at each moment so far, in bounded memory."""

    def __init__(self) -> None:
        self._moments = [-sys.maxsize, -sys.maxsize]
        self._paused = [0, 0]

    def note(self, begun: int, ended: int) -> None:
        """Add a pause."""
        paused = self._paused[-1]
        self._moments += (begun, ended)
        self._paused += (paused, paused + ended - begun)
        if len(self._paused) > MOST_POINTS:
            older = MOST_POINTS // 2
            for points in (self._moments, self._paused):
                points[:older] = points[:older:2]

    def paused_between(self, begin: int, end: int) -> int:
        """Return how much of a time that is over the driver paused."""
        if begin >= self._moments[-2] and end <= self._moments[-1]:
            return end - begin  # all of it in the last pause
        return self._until(end) - self._until(begin)

    def _until(self, moment: int) -> int:
        moments, paused = self._moments, self._paused
        at = bisect_right(moments, moment) - 1
        if at + 1 >= len(moments):
            return paused[at]
        begun, more = moments[at], paused[at + 1] - paused[at]
        return paused[at] + (more * (moment - begun) // (moments[at + 1] - begun) if more else 0)
