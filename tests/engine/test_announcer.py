"""The event of each attempt says what followed for its own item, also if something else happens before anything follows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest
from attrs import define, evolve

from independent_items import IndependentItems, Takes, start
from pipeline_optimization.builtin.retry_policies import FixedOptions, FixedPolicy, NoRetry
from pipeline_optimization.engine.faults import FaultPlan
from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.engine.loop import Engine
from pipeline_optimization.engine.virtual import Fate, VirtualOrchestrator
from pipeline_optimization.engine.work import Item, ItemState, Retrying, UnacceptableError
from pipeline_optimization.engine.worker import Stage, WorkerSetup
from pipeline_optimization.types import (
    Attempt,
    AttemptEnded,
    Capabilities,
    Completion,
    ErrorRecord,
    ItemFinished,
    OpenContext,
    TaskFailed,
    WorkerLost,
    WorkerSeen,
)
from pipeline_optimization.types.events import EngineEvent

ERROR = ErrorRecord(type="ValueError", message="no")
HALF = Item(id="half", task="values", is_bundle=True)


@define(eq=False)
class Splitting:
    """A bundle that is split into one smaller one. Its result cannot be accepted."""

    def items(self) -> Iterator[Item]:
        yield Item(id="whole", task="values", is_bundle=True, split=lambda: [HALF])

    def accept(self, item: Item, result: bytes) -> Iterable[Item]:
        if item.id == "whole":
            raise UnacceptableError(ERROR)
        return ()


def build(argument: object) -> Mapping[str, Stage]:
    return {"values": bytes}


class Bad:
    """An adversary with another fate for the bundle that is split."""

    def __init__(self, fate: Fate) -> None:
        self._fate = fate

    def fates(self, attempt: Attempt, latency: float) -> list[Fate]:
        return [self._fate if attempt.item == "values:whole" else Fate(1.0)]


FATES = {"refused": Fate(1.0), "timed out": Fate(9.0), "lost": Fate(1.0, "lost")}


@define(eq=False)
class Failing:
    """A bundle whose element has failed in it, and another item that ends before anything follows for the element."""

    def items(self) -> Iterator[Item]:
        yield Item(id="whole", task="values", is_bundle=True)
        yield Item(id="other", task="values")

    def accept(self, item: Item, result: bytes) -> Iterable[Item]:
        return (
            [Item(id="element", task="values", first_error=ERROR, from_bundle="values:whole")] if item.is_bundle else ()
        )


def events_of(fate: str, *, refuses_rows: bool = False) -> list[EngineEvent]:
    """Return the events of a run whose bundle is split. With ``refuses_rows``, a sink refuses a row of another item right after."""
    orchestrator = VirtualOrchestrator(2, adversary=Bad(FATES[fate]))
    events: list[EngineEvent] = []

    def tick() -> None:
        if refuses_rows and orchestrator.clock.now() == 1.0 and not any(isinstance(e, ItemFinished) for e in events):
            engine.give_up(ItemState(item=Item(id="row", task="values"), earliest=0.0), ERROR, is_poison=False)

    engine = Engine(
        orchestrator,
        Splitting(),
        Retrying(FixedPolicy(FixedOptions()), seed=1, case=""),
        clock=orchestrator.clock,
        emit=events.append,
        run_id="",
        limits=Limits(item_timeout=5.0),
        capabilities=orchestrator.capabilities,
        tick=tick,
    )
    engine.run(WorkerSetup(build=build, argument=None, faults=FaultPlan()).to_bytes())
    assert engine.stop is None
    return events


@pytest.mark.parametrize("fate", FATES)
def test_why_a_bundle_is_split_is_told(fate: str) -> None:
    """Each of its attempts that failed is told as a failure. The bundle itself has not ended."""
    events = events_of(fate)
    attempts = [one for one in events if isinstance(one, AttemptEnded) and one.item == "values:whole"]
    failures = [one for one in events if isinstance(one, TaskFailed)]
    assert attempts
    assert [one.status for one in attempts] == [""] * len(attempts)
    assert [one.error for one in failures] == [one.error for one in attempts]
    assert [one.item for one in events if isinstance(one, ItemFinished)] == ["values:half"]


def test_a_row_that_is_refused_ends_its_own_item() -> None:
    """And not the bundle that was split just before, whose event is not made yet."""
    events = events_of("refused", refuses_rows=True)
    ended: list[Any] = [(one.item, one.status) for one in events if isinstance(one, AttemptEnded)]
    assert ended == [("values:whole", ""), ("values:half", "done")]
    finished = [(one.item, one.status) for one in events if isinstance(one, ItemFinished)]
    assert finished == [("values:row", "failed"), ("values:half", "done")]


@pytest.mark.parametrize("heard", [None, {"TaskFailed", "ItemFinished"}])
def test_no_worker_is_named_for_what_had_no_attempt_of_its_own(heard: set[str] | None) -> None:
    """An element that failed inside its bundle, and a refused row: the worker of another attempt is not theirs, whoever listens."""
    orchestrator = VirtualOrchestrator(2)
    events: list[Any] = []
    engine = Engine(
        orchestrator,
        Failing(),
        Retrying(NoRetry(), seed=1, case=""),
        clock=orchestrator.clock,
        emit=events.append,
        heard=heard,
        run_id="",
        capabilities=orchestrator.capabilities,
    )
    engine.run(WorkerSetup(build=build, argument=None, faults=FaultPlan()).to_bytes())
    engine.give_up(ItemState(item=Item(id="row", task="values"), earliest=0.0), ERROR, is_poison=False)
    workers = [(one.item, one.worker) for one in events if isinstance(one, TaskFailed | ItemFinished)]
    assert workers == [
        ("values:whole", "virtual"),
        ("values:other", "virtual"),
        ("values:element", ""),
        ("values:element", ""),
        ("values:row", ""),
    ]


class ManyWorkers(VirtualOrchestrator):
    """Runs each attempt in another worker, which is a process, as it says."""

    def poll(self, timeout: float) -> list[Completion]:
        return [evolve(one, worker=f"process {one.id}") for one in super().poll(timeout)]


def test_attempts_of_one_slot_do_not_overlap() -> None:
    """The slot of a worker that died goes to no attempt that began before the death, even if its worker is heard of only later."""
    orchestrator = ManyWorkers(2, adversary=Takes([1.0, 1.5], lost=frozenset({"echo:0"})))
    orchestrator.capabilities = Capabilities(isolation="process", announces_start=True)
    _, events, _ = start(IndependentItems(2), orchestrator=orchestrator)
    lives = [(one.began_ns, one.ended_ns, one.slot) for one in events if isinstance(one, AttemptEnded)]
    second = 10**9
    assert lives == [(0, second, 1), (0, 1.5 * second, 2), (second, 2 * second, 1)]


class TwoInOneWorker(VirtualOrchestrator):
    """Runs its first two attempts in one process, and all others in another one, which may have the name of the first."""

    def __init__(self, second: str, *, lost: frozenset[str], announces_start: bool) -> None:
        super().__init__(2, adversary=Takes([1.0, 1.5], lost=lost))
        self.capabilities = Capabilities(isolation="process", announces_start=announces_start)
        self._second = second

    def open(self, context: OpenContext) -> None:
        super().open(context if self.capabilities.announces_start else evolve(context, started=lambda attempt_id: None))

    def poll(self, timeout: float) -> list[Completion]:
        return [evolve(one, worker="first" if one.id <= 2 else self._second) for one in super().poll(timeout)]


@pytest.mark.parametrize("announces_start", [True, False])
@pytest.mark.parametrize("second", ["second", "first"])
@pytest.mark.parametrize("lost", [{"echo:0"}, {"echo:0", "echo:1"}])
def test_a_worker_dies_once(lost: set[str], second: str, *, announces_start: bool) -> None:
    """Whatever comes of its other attempts after its death does not make it a new worker. A new one may have its name."""
    orchestrator = TwoInOneWorker(second, lost=frozenset(lost), announces_start=announces_start)
    _, events, _ = start(IndependentItems(2), orchestrator=orchestrator)
    workers = [(type(one).__name__, one.worker) for one in events if isinstance(one, WorkerSeen | WorkerLost)]
    seen = [("WorkerSeen", "first")] if announces_start else []  # otherwise nobody knows whether it began its attempt
    assert workers == [*seen, ("WorkerLost", "first"), ("WorkerSeen", second)]
    slots = {one.slot for one in events if isinstance(one, AttemptEnded) if one.began_ns is not None}
    assert slots <= {1, 2}


class StartsLate(VirtualOrchestrator):
    """Starts an attempt just before the engine asks to cancel it, so that it cannot be cancelled any more."""

    def cancel(self, attempt_id: int) -> bool:
        self.slots += 1
        self._start_waiting()
        return super().cancel(attempt_id)


def test_an_attempt_that_starts_while_the_run_winds_down_is_told() -> None:
    """Its start is announced after the engine has looked for starts, and nothing comes back any more. It was abandoned all the same."""
    orchestrator = StartsLate(1, adversary=Takes([math.inf, math.inf]), can_kill=False)
    engine, events, _ = start(IndependentItems(2), orchestrator=orchestrator, limits=Limits(deadline=1.0, grace=1.0))
    assert engine.stop is not None
    second = 10**9
    told = [(one.item, one.outcome, one.began_ns, one.came_back_ns) for one in events if isinstance(one, AttemptEnded)]
    assert told == [("echo:0", "abandoned", 0, 2 * second), ("echo:1", "abandoned", second, 2 * second)]


class Telling(ManyWorkers):
    """Says of a death what a library told of it, which may be a URL with a password."""

    def poll(self, timeout: float) -> list[Completion]:
        return [evolve(one, detail="no answer from http://ann:secret@host/") for one in super().poll(timeout)]


def test_what_is_known_of_a_death_has_no_secret() -> None:
    """Neither the event of the attempt nor that of the worker, which observers write to files."""
    orchestrator = Telling(1, adversary=Takes([1.0], lost=frozenset({"echo:0"})))
    orchestrator.capabilities = Capabilities(isolation="process", announces_start=True)
    _, events, _ = start(IndependentItems(1), orchestrator=orchestrator)
    told = [one.error.message for one in events if isinstance(one, TaskFailed)]
    assert [*told, *(one.detail for one in events if isinstance(one, WorkerLost))] == [
        "no answer from http://ann:***@host/"
    ] * 2
