"""An orchestrator in virtual time: the same engine, no waiting, any number of workers.

Tests of retries, latency and lost workers take no wall time with it, and a run on 10,000 workers is predicted in
seconds. Attempts really run, one by one, in the calling thread; only time is simulated.
"""

from __future__ import annotations

import heapq
import sys
from collections.abc import Sequence
from itertools import count
from typing import Literal, Protocol

from attrs import frozen

from pipeline_optimization.engine.worker import Pending, Worker
from pipeline_optimization.types import Attempt, Completion, OpenContext

__all__ = ["Adversary", "Fate", "VirtualClock", "VirtualOrchestrator"]


class VirtualClock:
    """Time that passes only when it is told to."""

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds

    def advance_to(self, time: float) -> None:
        """Move to ``time``; time never runs backwards."""
        self._now = max(self._now, time)


@frozen
class Fate:
    """One report about an attempt: its status, ``after`` so many seconds from the attempt's start."""

    after: float
    status: Literal["done", "lost"] = "done"


class Adversary(Protocol):
    """Decides what becomes of attempts: late, doubled, lost, or all of it."""

    def fates(self, attempt: Attempt, latency: float) -> Sequence[Fate]:
        """Return at least one report; the first but those after ``lost`` frees the worker."""
        ...


class _Friend:
    """The adversary that does nothing: every attempt takes its latency and is done."""

    def fates(self, attempt: Attempt, latency: float) -> Sequence[Fate]:
        return [Fate(latency)]


class VirtualOrchestrator:
    """Runs attempts on ``slots`` imagined workers (None: as many as there are attempts).

    ``clock`` is the time that the engine must live in; the core uses an orchestrator's own clock where it has one.
    """

    def __init__(self, slots: int | None = None, *, adversary: Adversary | None = None) -> None:
        self.clock = VirtualClock()
        self.slots = sys.maxsize if slots is None else slots
        self._adversary = adversary or _Friend()
        self._order = count()
        self._reset()

    def _reset(self) -> None:
        self._worker: Worker | None = None
        self._free_at: list[float] = []
        self._due: list[tuple[float, int, Attempt, Fate, Pending]] = []

    def open(self, context: OpenContext) -> None:
        self._reset()
        self._worker = Worker(context.worker_init)

    def submit(self, attempt: Attempt) -> None:
        assert self._worker is not None, "submit() before open()"
        pending = self._worker.begin(attempt.payload)
        start = self.clock.now()
        if len(self._free_at) >= self.slots:
            start = max(start, heapq.heappop(self._free_at))
        fates = self._adversary.fates(attempt, pending.latency)
        heapq.heappush(self._free_at, start + fates[0].after)
        for fate in fates:
            heapq.heappush(self._due, (start + fate.after, next(self._order), attempt, fate, pending))

    def poll(self, timeout: float) -> Sequence[Completion]:
        until = self.clock.now() + timeout
        if not self._due or self._due[0][0] > until:
            self.clock.advance_to(until)
            return []
        self.clock.advance_to(self._due[0][0])
        completions = []
        while self._due and self._due[0][0] <= self.clock.now():
            _, _, attempt, fate, pending = heapq.heappop(self._due)
            payload = pending.finish() if fate.status == "done" else b""
            completions.append(Completion(id=attempt.id, status=fate.status, payload=payload, worker="virtual"))
        return completions

    def cancel(self, attempt_id: int) -> bool:
        self._due = [entry for entry in self._due if entry[2].id != attempt_id]
        heapq.heapify(self._due)
        return True

    def close(self, *, force: bool) -> None:
        self._reset()
