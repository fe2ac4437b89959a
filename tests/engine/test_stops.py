"""After the reason to stop a run is known, nothing more begins, is given up or is retried, and a run that is done is not stopped."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import get_args

import pytest
from attrs import evolve, frozen

from bundle_workload import Bundle, build_copies
from independent_items import IndependentItems, start
from pipeline_optimization.builtin.retry_policies import FixedOptions, FixedPolicy, NoRetry
from pipeline_optimization.engine.faults import FaultPlan, TaskFaults
from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.engine.loop import Engine
from pipeline_optimization.engine.quota import Quota, rate_of
from pipeline_optimization.engine.stopping import Stop
from pipeline_optimization.engine.virtual import Fate, VirtualOrchestrator
from pipeline_optimization.engine.work import Item, Retrying, TaskPolicy
from pipeline_optimization.engine.worker import Stage, WorkerSetup
from pipeline_optimization.types import (
    Attempt,
    AttemptEnded,
    Completion,
    ItemFinished,
    RunFinished,
    TaskFailed,
    TaskRetried,
)
from pipeline_optimization.types.events import EngineEvent
from pipeline_optimization.types.stop_kinds import StopKind


class Noting(VirtualOrchestrator):
    """Notes which attempts were submitted."""

    def __init__(self, slots: int) -> None:
        super().__init__(slots)
        self.submitted: list[str] = []

    def submit(self, attempt: Attempt) -> None:
        self.submitted.append(attempt.item)
        super().submit(attempt)


def run_bundle(workload: Bundle, limits: Limits) -> tuple[Engine, list[EngineEvent], Noting]:
    orchestrator = Noting(4)
    events: list[EngineEvent] = []
    engine = Engine(
        orchestrator,
        workload,
        Retrying(NoRetry(), seed=1, case=""),
        clock=orchestrator.clock,
        emit=events.append,
        run_id="",
        limits=limits,
        capabilities=orchestrator.capabilities,
    )
    engine.run(WorkerSetup(build=build_copies, argument=None, faults=FaultPlan()).to_bytes())
    return engine, events, orchestrator


def test_nothing_is_submitted_after_the_failure_that_stops_the_run() -> None:
    """An element that failed in its bundle stops the run: of the other elements and of the input nothing begins."""
    workload = Bundle(failed=3, waiting=200, more=20)
    engine, _, orchestrator = run_bundle(workload, Limits(stops_on_failure=True))
    assert engine.stop is not None
    assert engine.stop.kind == "failure"
    assert [item for item in orchestrator.submitted if item.startswith("step")] == []
    assert (engine.tally.failures, [one.item for one in engine.tally.failed_items]) == (1, ["step:0"])


def test_each_failed_element_is_told_as_often_as_it_counts() -> None:
    """The events of a run that a failure has stopped are those that its tally has, each with its own item."""
    engine, events, _ = run_bundle(Bundle(failed=3, waiting=0, more=0), Limits(stops_on_failure=True))
    told = [one.item for one in events if isinstance(one, AttemptEnded) and one.error is not None]
    assert told == ["step:0"]
    assert engine.tally.tasks["step"].attempts == len(told)


@frozen
class Slow:
    """An adversary that lets some items take their own number of seconds, and others one."""

    seconds: Mapping[str, float]

    def fates(self, attempt: Attempt, latency: float) -> Sequence[Fate]:
        return [Fate(self.seconds.get(attempt.item, 1.0))]


def run_slow(
    number: int, seconds: Mapping[str, float], *, slots: int, attempts: int = 1
) -> tuple[Engine, IndependentItems, VirtualOrchestrator]:
    workload = IndependentItems(number)
    orchestrator = VirtualOrchestrator(slots, adversary=Slow(seconds), can_kill=False)
    policy = FixedPolicy(FixedOptions(attempts=attempts, delay=0.0))
    engine, _, _ = start(workload, orchestrator=orchestrator, limits=Limits(item_timeout=2.0), policy=policy)
    return engine, workload, orchestrator


def test_a_run_whose_items_have_all_ended_is_complete() -> None:
    """If the last items take too long in all slots, nothing is left that they could hold up."""
    for slots in (1, 2):
        last = {f"echo:{number}": math.inf for number in range(4 - slots, 4)}
        engine, workload, orchestrator = run_slow(4, last, slots=slots)
        assert engine.stop is None
        assert (len(workload.results), engine.tally.failures, engine.tally.abandoned) == (4 - slots, slots, slots)
        assert orchestrator.clock.now() < 10.0


def test_workers_that_answer_late_do_not_stop_the_run() -> None:
    """An attempt that takes a little longer than it may holds its slot so long, and then the run goes on."""
    for slots in (1, 2):
        late = {f"echo:{number}": 2.5 for number in range(slots)}
        engine, workload, _ = run_slow(10, late, slots=slots)
        assert engine.stop is None
        assert (len(workload.results), engine.tally.failures) == (10 - slots, slots)


@pytest.mark.parametrize("quota", [Quota(limit=1, rate=rate_of("50/s")), Quota(rate=rate_of("1/min"))])
def test_items_that_wait_for_a_quota_are_left_while_a_late_attempt_holds_the_slot(quota: Quota) -> None:
    """They are read while no attempt is open, and none of them may begin at once. The run waits for them all the same."""
    workload = IndependentItems(4)
    orchestrator = VirtualOrchestrator(1, adversary=Slow({"echo:0": 2.5}), can_kill=False)
    engine, _, _ = start(
        workload,
        orchestrator=orchestrator,
        limits=Limits(item_timeout=2.0),
        policy=NoRetry(),
        policies={"echo": TaskPolicy(quota=quota)},
    )
    assert engine.stop is None
    assert (sorted(workload.results), engine.tally.failures) == (["1", "2", "3"], 1)


def test_no_slots_for_a_while_end_no_run() -> None:
    """Its items wait until there are slots. No items are left only if none can be read."""
    workload = IndependentItems(9)
    orchestrator = VirtualOrchestrator(0)

    def tick() -> None:
        orchestrator.slots = 0 if orchestrator.clock.now() < 1.0 else 2

    engine = Engine(
        orchestrator,
        workload,
        Retrying(NoRetry(), seed=1, case=""),
        clock=orchestrator.clock,
        emit=None,
        run_id="",
        capabilities=orchestrator.capabilities,
        tick=tick,
    )
    engine.run(WorkerSetup(build=build_echo, argument=None, faults=FaultPlan()).to_bytes())
    assert engine.stop is None
    assert len(workload.results) == 9


def test_slots_that_come_during_a_step_end_no_run() -> None:
    """A thread of the orchestrator may add slots after the engine has found none, and before it asks whether anything is left."""

    class Growing(VirtualOrchestrator):
        looks = 0

        @property
        def slots(self) -> int:
            self.looks += 1
            return 0 if self.looks == 1 else 2

        @slots.setter
        def slots(self, number: int) -> None:
            """The base class sets the number."""

    workload = IndependentItems(9)
    engine, _, _ = start(workload, orchestrator=Growing())
    assert engine.stop is None
    assert len(workload.results) == 9


def test_slots_that_come_during_a_step_lose_no_follow_ups() -> None:
    """Follow-ups that wait are left to run, although all of the input was read before."""

    class Shrinking(VirtualOrchestrator):
        """Has no slot at the first look after the result that makes others possible, as if its workers were being replaced."""

        has_come = False

        @property
        def slots(self) -> int:
            if self.has_come:
                self.has_come = False
                return 0
            return 2

        @slots.setter
        def slots(self, number: int) -> None:
            """The base class sets the number."""

        def poll(self, timeout: float) -> Sequence[Completion]:
            completions = super().poll(timeout)
            self.has_come = any(one.id == 1 for one in completions)
            return completions

    class Following(IndependentItems):
        def accept(self, item: Item, result: bytes) -> Sequence[Item]:
            super().accept(item, result)
            return [Item(id=f"{number}", task="echo", data=b"x") for number in (1, 2)] if item.id == "0" else ()

    workload = Following(1)
    engine, _, _ = start(workload, orchestrator=Shrinking())
    assert engine.stop is None
    assert sorted(workload.results) == ["0", "1", "2"]


def test_workers_that_hang_stop_the_run_after_their_time_limit_once_more() -> None:
    """Until then they may still answer. The items that were to be tried again are left for a resumed run."""
    engine, _, orchestrator = run_slow(9, {"echo:0": math.inf, "echo:1": math.inf}, slots=2, attempts=3)
    assert engine.stop is not None
    assert engine.stop.kind == "abandoned"
    assert 4.0 <= orchestrator.clock.now() < 5.5
    assert engine.tally.failures == 0


def test_the_failure_that_opens_the_circuit_decides_nothing_more() -> None:
    """It stops the run. Its item is not given up, so a resumed run tries it again."""
    quarantined: list[str] = []
    orchestrator = VirtualOrchestrator(1)
    events: list[EngineEvent] = []
    engine = Engine(
        orchestrator,
        IndependentItems(100),
        Retrying(NoRetry(), seed=1, case=""),
        clock=orchestrator.clock,
        emit=events.append,
        run_id="",
        limits=Limits(breaker=10),
        capabilities=orchestrator.capabilities,
        quarantine=lambda item, failed: quarantined.append(item.name),
    )
    plan = FaultPlan(tasks={"echo": TaskFaults(1.0, 0.0)})
    engine.run(WorkerSetup(build=build_echo, argument=None, faults=plan).to_bytes())
    assert engine.stop is not None
    assert engine.stop.kind == "circuit_breaker"
    assert quarantined == [f"echo:{number}" for number in range(9)]
    assert len([one for one in events if isinstance(one, ItemFinished)]) == engine.tally.failures == 9


def build_echo(argument: object) -> Mapping[str, Stage]:
    return {"echo": bytes}


def lost(attempt: Attempt) -> Sequence[Fate]:
    return [Fate(1.0, "lost")]


@frozen
class Deciding:
    """An adversary that decides by a function."""

    decide: Callable[[Attempt], Sequence[Fate]]

    def fates(self, attempt: Attempt, latency: float) -> Sequence[Fate]:
        return self.decide(attempt)


def test_the_loss_that_opens_the_circuit_decides_nothing_more() -> None:
    """As above. No retry is told that never comes."""
    orchestrator = VirtualOrchestrator(1, adversary=Deciding(lost))
    engine, events, _ = start(IndependentItems(100), orchestrator=orchestrator, limits=Limits(breaker=20))
    assert engine.stop is not None
    assert engine.stop.reason.startswith("the last 20 attempts")
    retries = [one for one in events if isinstance(one, TaskRetried)]
    assert len(retries) + engine.tally.failures == 19


class NamedFunction(IndependentItems):
    """One item, whose function has a name."""

    def items(self) -> Iterator[Item]:
        for item in super().items():
            yield evolve(item, runs="slow (tasks.py, line 3)")


@pytest.mark.parametrize("deadline", [0.5, 2.0])
def test_no_function_is_blamed_for_the_end_of_its_run(deadline: float) -> None:
    """An attempt that ends because the run is over is lost, too, but its function has not ended its process."""
    orchestrator = VirtualOrchestrator(1, adversary=Deciding(lost))
    _, events, _ = start(NamedFunction(1), orchestrator=orchestrator, limits=Limits(deadline=deadline, poison_losses=1))
    (message,) = [one.error.message for one in events if isinstance(one, TaskFailed)]
    assert "while it ran slow (tasks.py, line 3)" in message
    assert ("must not end its process" in message) == (deadline > 1.0)


class InterruptedWhileClosing(VirtualOrchestrator):
    """A handler of the program's own raises as soon as it is to be closed."""

    def __init__(self) -> None:
        super().__init__(2)
        self.closed: list[bool] = []

    def close(self, *, force: bool) -> None:
        self.closed.append(force)
        if len(self.closed) == 1:
            sys.exit(3)
        super().close(force=force)


def test_what_interrupts_the_close_leaves_nothing_open() -> None:
    """The orchestrator is closed once more, by force, and then the program's own exception goes on."""
    orchestrator = InterruptedWhileClosing()
    with pytest.raises(SystemExit):
        start(IndependentItems(3), orchestrator=orchestrator)
    assert orchestrator.closed == [False, True]


@pytest.mark.parametrize("kind", get_args(StopKind))
def test_what_counts_as_a_signal_and_as_cancelled(kind: StopKind) -> None:
    """A report and the last event agree: a run that a signal ended was cancelled, and so was one whose program cancelled it."""
    stop = Stop(kind, "")
    event = RunFinished(run_id="r", time=1.0, is_complete=False, is_interrupted=stop.is_signal, stopped=kind)
    assert event.is_cancelled == (stop.is_signal or kind == "cancelled")
    assert stop.is_signal == (kind in {"interrupted", "terminated", "hung_up"})
