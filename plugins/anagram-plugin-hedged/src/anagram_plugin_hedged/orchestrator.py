"""Hedged requests: J. Dean and L. A. Barroso, "The Tail at Scale", Communications of the ACM 56(2), 2013.

An attempt that takes longer than most of its task's is started a second time, and the copy that ends first counts. The
engine hears of one completion for each attempt, so counts and ledger are those of the inner orchestrator.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Callable, Sequence

from attrs import Factory, define, evolve

from anagram_plugin_hedged.latencies import Latencies
from pipeline_optimization.engine.clock import Clock, SystemClock
from pipeline_optimization.engine.wire import another_copy
from pipeline_optimization.types import Attempt, Capabilities, Completion, OpenContext, Orchestrator

__all__ = ["HedgedOrchestrator"]


@define(eq=False)
class _Race:
    """An attempt that runs as one copy or as two.

    ``copies`` has the ids of the copies that run. The first copy's id is twice the attempt's, and the second copy's is one more.
    """

    attempt: Attempt
    started: float
    copies: set[int] = Factory(set)

    @property
    def task(self) -> str:
        return self.attempt.item.partition(":")[0]


class HedgedOrchestrator:
    """Gives ``inner`` an attempt for each of its slots, and a second copy of a slow attempt if a slot is idle.

    An attempt is slow if it takes longer than ``slack`` times the ``quantile`` of its task's latencies, once ``samples`` of these
    are known. The slack is there because of tasks whose calls all take about the same time: what is just above the quantile is
    noise. ``share`` bounds the second copies, as a share of all attempts. ``attempts`` and ``copies`` count those of the last run.
    """

    def __init__(
        self,
        inner: Orchestrator,
        *,
        capabilities: Capabilities,
        quantile: float,
        slack: float,
        share: float,
        samples: int,
    ) -> None:
        self.capabilities = getattr(inner, "capabilities", capabilities)
        self.clock: Clock = getattr(inner, "clock", None) or SystemClock()
        self._inner = inner
        self._quantile = quantile
        self._slack = slack
        self._share = share
        self._samples = samples
        self._reset()

    def _reset(self) -> None:
        self.attempts = self.copies = 0
        self._waiting: deque[Attempt] = deque()
        self._races: dict[int, _Race] = {}
        self._running: set[int] = set()  # copies that hold a slot, also of races that are over
        self._single: defaultdict[str, dict[int, _Race]] = defaultdict(dict)  # a second copy may help; oldest first
        self._latencies: defaultdict[str, Latencies] = defaultdict(Latencies)

    @property
    def slots(self) -> int:
        return self._inner.slots

    @property
    def chosen(self) -> str:
        """Return what the inner orchestrator has chosen, if it is one that chooses."""
        return getattr(self._inner, "chosen", "")

    def note_open(self) -> None:
        """Tell the inner orchestrator that the run has opened its files, if it wants to know."""
        note: Callable[[], None] | None = getattr(self._inner, "note_open", None)
        if note is not None:
            note()

    def open(self, context: OpenContext) -> None:
        self._reset()

        def started(copy: int) -> None:
            if copy % 2 == 0:
                context.started(copy // 2)

        self._inner.open(evolve(context, started=started))

    def submit(self, attempt: Attempt) -> None:
        self._waiting.append(attempt)
        self._hand_out()

    def poll(self, timeout: float) -> Sequence[Completion]:
        self._hand_out()
        completions = self._inner.poll(min(timeout, self._until_next_copy()))
        settled = [evolve(completion, id=completion.id // 2) for completion in completions if self._settles(completion)]
        self._hand_out()
        return settled

    def cancel(self, attempt_id: int) -> bool:
        before = len(self._waiting)
        self._waiting = deque(attempt for attempt in self._waiting if attempt.id != attempt_id)
        race = self._races.get(attempt_id)
        if race is None:
            return len(self._waiting) < before
        self._single[race.task].pop(attempt_id, None)
        self._call_off(race)
        if not race.copies:
            del self._races[attempt_id]
        return not race.copies

    def close(self, *, force: bool) -> None:
        self._inner.close(force=force)
        for held in (self._waiting, self._races, self._running, self._single):
            held.clear()

    def _hand_out(self) -> None:
        """Start attempts that wait. If slots are left, start second copies of slow attempts."""
        while self._waiting and len(self._running) < self.slots:
            attempt = self._waiting.popleft()
            self.attempts += 1
            race = self._races[attempt.id] = _Race(attempt, self.clock.now())
            if not attempt.once:
                self._single[race.task][attempt.id] = race
            self._start(race, 2 * attempt.id, attempt.payload)
        while (slow := self._next_to_hedge()) is not None and self._due(slow) <= self.clock.now():
            self.copies += 1
            del self._single[slow.task][slow.attempt.id]
            self._start(slow, 2 * slow.attempt.id + 1, another_copy(slow.attempt.payload))

    def _start(self, race: _Race, copy: int, payload: bytes) -> None:
        race.copies.add(copy)
        self._running.add(copy)
        self._inner.submit(evolve(race.attempt, id=copy, payload=payload))

    def _next_to_hedge(self) -> _Race | None:
        """Return the attempt whose second copy is due first, None if there may be no more copies now."""
        if len(self._running) >= self.slots or self.copies + 1 > self._share * self.attempts:
            return None
        oldest = [next(iter(races.values())) for races in self._single.values() if races]
        return min(oldest, key=self._due, default=None)

    def _due(self, race: _Race) -> float:
        latencies = self._latencies[race.task]
        if len(latencies) < self._samples:
            return math.inf
        return race.started + self._slack * latencies.quantile(self._quantile)

    def _until_next_copy(self) -> float:
        race = self._next_to_hedge()
        return math.inf if race is None else max(0.0, self._due(race) - self.clock.now())

    def _settles(self, completion: Completion) -> bool:
        """Return whether a completion ends its attempt. The first copy that is done ends it, and so does the loss of the last copy."""
        self._running.discard(completion.id)
        race = self._races.get(completion.id // 2)
        if race is None:
            return False
        race.copies.discard(completion.id)
        if completion.status == "lost" and race.copies:
            return False
        if completion.status == "done":
            self._latencies[race.task].add(self.clock.now() - race.started)
        self._call_off(race)
        del self._races[race.attempt.id]
        self._single[race.task].pop(race.attempt.id, None)
        return True

    def _call_off(self, race: _Race) -> None:
        """Cancel the copies that can be cancelled. Others run to their end, and hold their slots until then."""
        for copy in list(race.copies):
            if self._inner.cancel(copy):
                race.copies.discard(copy)
                self._running.discard(copy)
