"""An orchestrator in virtual time: it waits for nothing, and has any number of workers.

With it, tests of retries, latencies and lost workers take no real time, and a run on 10,000 workers is predicted in
seconds. The engine is the real one, and attempts really run, one by one, in the calling thread. Only the time is simulated.
"""

from __future__ import annotations

import heapq
import math
import sys
from collections import deque
from collections.abc import Callable, Sequence
from itertools import count
from typing import Literal, Protocol

from attrs import define, frozen

from pipeline_optimization.engine.worker import Pending, Worker
from pipeline_optimization.types import Attempt, Capabilities, Completion, OpenContext

__all__ = ["Adversary", "Fate", "VirtualClock", "VirtualOrchestrator"]


class VirtualClock:
    """Time that passes only when somebody sleeps or moves it."""

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds

    def advance_to(self, time: float) -> None:
        """Move the clock to ``time``, unless it is later already."""
        self._now = max(self._now, time)


@frozen
class Fate:
    """One completion of an attempt, as an adversary has decided it.

    Attributes:
        after: The seconds from the start of the attempt to the completion; infinity for a completion that never comes.
        status: Whether the attempt is done or lost.
    """

    after: float
    status: Literal["done", "lost"] = "done"


class Adversary(Protocol):
    """Decides which completions an attempt has. A test can make them late, send two of one attempt, or call an attempt lost that answers later."""

    def fates(self, attempt: Attempt, latency: float) -> Sequence[Fate]:
        """Return the completions of an attempt, one at least.

        The worker is busy until the completion comes that stands first in the sequence, even if another one comes earlier.

        Args:
            attempt: The attempt that starts.
            latency: How many simulated seconds it takes.
        """
        ...


class _NoAdversary:
    """Lets every attempt take its latency and be done."""

    def fates(self, attempt: Attempt, latency: float) -> Sequence[Fate]:
        return [Fate(latency)]


@define(eq=False)
class _Due:
    """A completion that will come: the attempt, the work that is left to do for its answer, and what the adversary decided."""

    attempt: Attempt
    pending: Pending
    fate: Fate
    frees_worker: bool


class VirtualOrchestrator:
    """Runs attempts on imagined workers.

    Args:
        slots: The number of workers; None for as many as there are attempts.
        adversary: Decides which completions come of an attempt; by default, each attempt is done after its latency.
        can_kill: Whether attempts that run can be ended. In threads, for example, they cannot.

    Attributes:
        clock: The time of the run, which the engine must use. If an orchestrator has a clock, ``pipeline.run.execute`` gives it to the engine.
    """

    def __init__(self, slots: int | None = None, *, adversary: Adversary | None = None, can_kill: bool = True) -> None:
        self.clock = VirtualClock()
        self.slots = sys.maxsize if slots is None else slots
        self.capabilities = Capabilities(can_kill=can_kill, announces_start=True)
        self._adversary = adversary or _NoAdversary()
        self._order = count()  # decides between completions that come at the same time
        self._reset()

    def _reset(self) -> None:
        self._worker: Worker | None = None
        self._announce: Callable[[int], None] = lambda attempt_id: None
        self._waiting: deque[Attempt] = deque()
        self._running: set[int] = set()
        self._due: list[tuple[float, int, _Due]] = []

    def open(self, context: OpenContext) -> None:
        self._reset()
        self._worker = Worker(context.worker_init, name="virtual")
        self._announce = context.started

    def submit(self, attempt: Attempt) -> None:
        assert self._worker is not None, "submit() before open()"
        self._waiting.append(attempt)
        self._start_waiting()

    def _start_waiting(self) -> None:
        while self._waiting and len(self._running) < self.slots:
            attempt = self._waiting.popleft()
            assert self._worker is not None
            pending = self._worker.begin(attempt.payload)
            self._running.add(attempt.id)
            self._announce(attempt.id)
            for number, fate in enumerate(self._adversary.fates(attempt, pending.latency)):
                if math.isfinite(fate.after):
                    due = _Due(attempt, pending, fate, frees_worker=number == 0)
                    heapq.heappush(self._due, (self.clock.now() + fate.after, next(self._order), due))

    def poll(self, timeout: float) -> Sequence[Completion]:
        until = self.clock.now() + timeout
        # Nothing comes before the timeout: the wait is over at once, and the clock says that it took all its time.
        if not self._due or self._due[0][0] > until:
            self.clock.advance_to(until)
            return []
        self.clock.advance_to(self._due[0][0])
        completions = []
        while self._due and self._due[0][0] <= self.clock.now():
            _, _, due = heapq.heappop(self._due)
            status = due.fate.status
            # Only now does the task run, when its virtual time has passed. If the attempt was cancelled before, it never runs.
            payload = due.pending.finish(due.fate.after) if status == "done" else b""
            completions.append(Completion(id=due.attempt.id, status=status, payload=payload, worker="virtual"))
            if due.frees_worker:
                self._running.discard(due.attempt.id)
                self._start_waiting()
        return completions

    def cancel(self, attempt_id: int) -> bool:
        if attempt_id in self._running and not self.capabilities.can_kill:
            return False
        self._running.discard(attempt_id)
        self._waiting = deque(attempt for attempt in self._waiting if attempt.id != attempt_id)
        self._due = [entry for entry in self._due if entry[2].attempt.id != attempt_id]
        heapq.heapify(self._due)
        self._start_waiting()
        return True

    def close(self, *, force: bool) -> None:
        if self._worker is not None:
            self._worker.close()
        self._reset()
