"""Attempts get slots that they might have run in, and no more slots than the orchestrator has, whatever became of its workers."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from random import Random

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from independent_items import IndependentItems, Takes, start
from pipeline_optimization.builtin.retry_policies import NoRetry
from pipeline_optimization.engine.lanes import SlotFinder
from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.engine.virtual import Adversary, VirtualOrchestrator
from pipeline_optimization.types import AttemptEnded, Completion, OpenContext

Life = tuple[int, int, int]
"""When an attempt began and ended, and its slot."""


def lives_of(seconds: Sequence[float], slots: int) -> list[Life]:
    """Run items on processes, and return the lives of the attempts that answered within 5 seconds. Others are ended with their processes."""
    orchestrator = Processes(slots, Takes(seconds))
    engine, events, _ = start(
        IndependentItems(len(seconds)), orchestrator=orchestrator, limits=Limits(item_timeout=5.0), policy=NoRetry()
    )
    assert engine.stop is None
    attempts = [one for one in events if isinstance(one, AttemptEnded)]
    assert [one.outcome for one in attempts].count("timeout") == seconds.count(math.inf)
    return [(one.began_ns or 0, one.ended_ns or 0, one.slot) for one in attempts if one.outcome == "ok"]


def assert_apart(lives: Sequence[Life]) -> None:
    """Assert that the attempts of one slot do not overlap."""
    ended: defaultdict[int, int] = defaultdict(int)
    for began, end, slot in sorted(lives):
        assert slot > 0
        assert began >= ended[slot]
        ended[slot] = end


class Processes(VirtualOrchestrator):
    """Runs each attempt in an idle process. A process whose attempt is cancelled is ended, and replaced by one with another name."""

    def __init__(self, slots: int, adversary: Adversary) -> None:
        super().__init__(slots, adversary=adversary)
        self.capabilities = evolve(self.capabilities, isolation="process")
        self._processes = list(range(slots))
        self._last = slots
        self._process_of: dict[int, int] = {}

    def open(self, context: OpenContext) -> None:
        def started(attempt_id: int) -> None:
            busy = {self._process_of.get(one) for one in self._running}
            self._process_of[attempt_id] = next(one for one in self._processes if one not in busy)
            context.started(attempt_id)

        super().open(evolve(context, started=started))

    def poll(self, timeout: float) -> list[Completion]:
        return [evolve(one, worker=f"process {self._process_of[one.id]}") for one in super().poll(timeout)]

    def cancel(self, attempt_id: int) -> bool:
        self._processes[self._processes.index(self._process_of[attempt_id])] = self._last
        self._last += 1
        return super().cancel(attempt_id)


HANGS = math.inf


@pytest.mark.parametrize(
    "seconds",
    [
        [1.0, HANGS, 1.0, 1.0],
        [1.0, 1.0, HANGS, *[1.0] * 8],
        [1.0, 1.5, HANGS, HANGS, 1.0, 1.0, HANGS, 4.5, 0.5, 0.5, HANGS, 1.0, 2.0, 3.0],
        [0.5, 4.0, 0.5, HANGS, 0.5, 4.5, 0.5, HANGS, *[0.5] * 20],
    ],
)
@pytest.mark.parametrize("slots", [1, 2, 3])
def test_a_process_that_is_ended_leaves_its_slot(seconds: list[float], slots: int) -> None:
    """The process that replaces it has another name. A picture of the run has as many slots as the run had, and not one more for each of them."""
    lives = lives_of(seconds, slots)
    assert {slot for _, _, slot in lives} <= set(range(1, slots + 1))
    assert_apart(lives)


def test_an_idle_worker_that_dies_leaves_its_slot() -> None:
    """Nothing tells the engine of such a death."""
    slots = SlotFinder(lambda: 2)
    for worker in ("a", "b", "c"):
        slots.add(worker)
    assert (slots.take("a", 0, 1), slots.take("b", 0, 2), slots.take("c", 3, 4)) == (1, 2, 2)
    assert slots.take("b", 2, 5) == 1  # it was not the dead one
    assert slots.used == 2


LIMIT = 60
"""The time limit of the attempts below. Only attempts that reach it are ended."""


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 6))
def test_there_are_no_more_slots_than_the_orchestrator_has(seed: int, slots: int) -> None:
    """Workers are idle now and then, die with attempts that are lost, or are ended with them, and are replaced. The engine is not told of an end."""
    random = Random(seed)
    attempts: list[tuple[int, int, str, str]] = []  # when each ended and began, its worker, and what became of it
    for place in range(slots):
        now = workers = 0
        while now < 10 * LIMIT:
            began = now + random.choice([0, random.randrange(30)])
            outcome = random.choices(["ok", "lost", "timeout"], [8, 1, 1])[0]
            now = began + (LIMIT if outcome == "timeout" else random.choice([1, 5, random.randrange(1, LIMIT)]))
            attempts.append((now, began, f"{place}.{workers}", outcome))
            workers += outcome != "ok"
    finder = SlotFinder(lambda: slots)
    lives: list[Life] = []
    for ended, began, worker, outcome in sorted(attempts):
        if outcome != "timeout":
            slot = finder.take(worker, began, ended)
            if slot is None:
                finder.add(worker)
                slot = finder.take(worker, began, ended)
            assert slot is not None
            lives.append((began, ended, slot))
        if outcome == "lost":
            finder.leave(worker, ended)
    assert_apart(lives)
    assert finder.used <= slots
