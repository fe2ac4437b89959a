"""The time account of a run: what its slots did in the time that the run took.

The whole is the wall time multiplied by the number of slots. Two parts of it are known exactly. One is the time of the attempts,
which the workers measure. The other is the pauses of the engine: the times that it spends in the orchestrator's ``poll``, asleep, or
waiting for input. No attempt is submitted during a pause, so it is known how many slots have an attempt in it. From these two
follow the times in which slots were idle, waited for a retry, or waited while an attempt was on its way to or from its worker
(transport). The rest is the work of the engine itself, which the account calls the driver's. So the parts always add up to the whole.
"""

from __future__ import annotations

import sys
from bisect import bisect_right, insort
from collections.abc import Callable, Iterator
from time import thread_time_ns
from typing import TYPE_CHECKING

from pipeline_optimization.types import Capabilities, Orchestrator
from pipeline_optimization.types.time_account import TimeAccount

if TYPE_CHECKING:
    from pipeline_optimization.engine.backlog import Backlog
    from pipeline_optimization.engine.open_attempts import OpenAttempts
    from pipeline_optimization.engine.work import Item

__all__ = ["Accounting"]

SECOND = 1_000_000_000

LEAST_PAUSE = 1_000_000
"""The least time in nanoseconds for which a read must block to count as waiting for input."""

MOST_POINTS = 4096
"""How many moments are remembered, at which pauses began or ended. If there are more, every second one of the older half is dropped, and the
pauses between two moments that are left count as spread evenly."""


class Accounting:
    """Adds up the times of pauses and attempts. All times are in nanoseconds of the engine's clock.

    Args:
        now: Returns the time.
        capabilities: What the orchestrator can do.
    """

    def __init__(self, now: Callable[[], int], capabilities: Capabilities) -> None:
        self._now = now
        # Whether attempts run in the engine's thread, inside ``poll``. Then a slot with an attempt in it is not waiting while the engine pauses.
        self._runs_in_caller = capabilities.runs_in_caller
        self._compute = self._wait = 0
        # Of all pauses together: their time, the time of slots that had an attempt, and the time of slots that could have run an item that
        # waited for its retry.
        self._paused = self._occupied = self._retrying = 0
        # What attempts took during pauses, and how long attempts waited in pauses until their worker had started.
        self._ran_paused = self._starting = 0
        # The time of slots that abandoned attempts held: all of it, and the part in pauses.
        self._held = self._held_paused = 0
        self._is_open = False
        # Whether the engine's thread is the only slot. Then a ``poll`` with an open attempt is no pause: the attempt runs in it, and is measured.
        self._runs_in_every_poll = False
        self._slots: int | None = None
        self._most = 0
        # The present pause, or the last one: when it began (None after it), and how many slots have an attempt, wait for a retry, and are held.
        self._begun: int | None = None
        self._slots_occupied = self._slots_retrying = self._slots_held = 0
        self._ended = 0  # when the last pause ended
        self._past = _Past()
        self._ends: list[int] = []  # when workers ended

    def follow(self, orchestrator: Orchestrator, open_attempts: OpenAttempts) -> None:
        """Take the orchestrator and the open attempts of the run, whose numbers are read at each pause."""
        self._orchestrator = orchestrator
        self._open_attempts = open_attempts

    def _read_slots(self) -> None:
        """Read the number of slots, once the orchestrator is open. None stands for a number without bound, or for an event loop in this thread."""
        slots = self._orchestrator.slots
        # Such an event loop has no workers that could idle. So only those of its slots count that attempts were in.
        self._slots = None if slots == sys.maxsize or (self._runs_in_caller and slots > 1) else slots
        self._runs_in_every_poll = self._runs_in_caller and slots == 1
        self._is_open = True

    def pauses(self, backlog: Backlog) -> None:
        """Note that a pause begins."""
        if not self._is_open:
            self._read_slots()
        # If an abandoned attempt holds the only slot, the open ones wait behind it, and the poll is a pause after all.
        if self._runs_in_every_poll and self._open_attempts and not self._open_attempts.abandoned:
            return
        self._begin(self._now(), backlog.waiting_for_retry)

    def goes_on(self) -> None:
        """Note that the pause is over."""
        if self._begun is not None:
            self._end(self._begun, self._now())

    def reading(self, items: Iterator[Item]) -> Iterator[Item]:
        """Yield items, and note as a pause how long the read of each blocked. What it computed is the engine's own work."""
        while True:
            if not self._is_open:
                self._read_slots()
            begun, busy = self._now(), thread_time_ns()
            try:
                item = next(items)
            except StopIteration:
                return
            finally:
                now = self._now()
                if now - begun > LEAST_PAUSE and (waited := now - begun - (thread_time_ns() - busy)) > LEAST_PAUSE:
                    # Free slots count as idle here, even if items wait for a retry: while the read blocks, a retry that is due cannot start.
                    self._begin(now - waited, 0)
                    self._end(now - waited, now)
            yield item

    def ran(self, began: int, ended: int, waited: int) -> None:
        """Note when an attempt began and ended, and how long it waited in between."""
        took = ended - began
        if waited:
            self._wait += min(waited, took)
            self._compute += max(0, took - waited)
        else:
            self._compute += took
        if not self._runs_in_caller:
            self._ran_paused += self._past.paused_between(began, ended)

    def worker_started(self, handed_out: int, began: int) -> None:
        """Note when a worker began its first attempt. Until then the worker was starting, which is no transport.

        If it takes the place of a worker that ended, it was not starting before that, though its first attempt may have been handed out already.
        """
        if not self._runs_in_caller:
            before = bisect_right(self._ends, began)
            since = max(handed_out, self._ends[before - 1]) if before else handed_out
            self._starting += self._past.paused_between(since, began)

    def worker_ended(self, at: int) -> None:
        """Note when a worker died, or was ended with its attempt."""
        insort(self._ends, at)

    def account(self, wall: int, used: int) -> TimeAccount:
        """Return the account of a run that has ended.

        Args:
            wall: How long the run took.
            used: The largest number of attempts that ran at once. It stands for the slots if their number has no bound.
        """
        self._read_slots()  # again: the number may have changed, and a run without a pause has not read it
        slots = max(1, used) if self._slots is None else self._slots
        # What was measured is taken first, and the estimates from what is left. So no error of a clock makes the sum larger than the whole.
        # Nobody knows what abandoned attempts do. The slots that they hold count as computing.
        left = _Rest(slots * wall)
        wait, compute = left.take(self._wait), left.take(self._compute + self._held)
        retrying = left.take(self._retrying)
        idle = left.take(slots * self._paused - self._occupied - self._held_paused - self._retrying)
        # Slots that had an attempt during a pause, although no attempt ran and no worker started: the attempt was on its way.
        transport = 0 if self._runs_in_caller else left.take(self._occupied - self._ran_paused - self._starting)
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
        in_flight = len(self._open_attempts)
        room = self._slots
        # If the number of slots has no bound, the largest number of open attempts so far stands for it.
        if room is None:
            room = self._most = max(self._most, in_flight)
        if self._open_attempts.abandoned or self._slots_held:
            held = len(self._open_attempts.abandoned)
            room = max(0, room - held)
            # Abandoned attempts also held their slots since the last pause ended.
            self._held += self._slots_held * (now - self._ended)
            self._slots_held = held
        self._begun = now
        if in_flight >= room:
            self._slots_occupied, self._slots_retrying = room, 0
        else:
            self._slots_occupied, self._slots_retrying = in_flight, min(room - in_flight, retries)

    def _end(self, begun: int, now: int) -> None:
        took = now - begun
        self._begun, self._ended = None, now
        self._paused += took
        self._occupied += self._slots_occupied * took
        if self._slots_retrying:
            self._retrying += self._slots_retrying * took
        if self._slots_held:
            self._held += self._slots_held * took
            self._held_paused += self._slots_held * took
        if not self._runs_in_caller:
            self._past.note(begun, now)


class _Rest:
    """The rest of a time from which parts are taken. Measured parts may overlap a little, and the rest must not become negative."""

    def __init__(self, time: int) -> None:
        self.all = time

    def take(self, part: int) -> int:
        """Take a part from the rest, or all of the rest if that is less. Return what was taken."""
        taken = min(self.all, max(0, part))
        self.all -= taken
        return taken


class _Past:
    """The pauses so far, as a list of times and of how long all pauses before each of them took. Its memory is bounded."""

    def __init__(self) -> None:
        # Two moments before all others, since ``paused_between`` looks at the last two.
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
        """Return how long the engine paused between two times in the past."""
        if begin >= self._moments[-2] and end <= self._moments[-1]:
            return end - begin  # all of it was in the last pause, as for most attempts
        return self._until(end) - self._until(begin)

    def _until(self, moment: int) -> int:
        """Return how long all pauses before a time took. Between two remembered times, it grows evenly."""
        moments, paused = self._moments, self._paused
        at = bisect_right(moments, moment) - 1
        if at + 1 >= len(moments):
            return paused[at]
        begun, more = moments[at], paused[at + 1] - paused[at]
        return paused[at] + (more * (moment - begun) // (moments[at + 1] - begun) if more else 0)
