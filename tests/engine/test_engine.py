"""The engine's promises one by one, in virtual time."""

from __future__ import annotations

import math
import re
import signal
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from random import Random
from typing import Any, cast

import pytest

from independent_items import IndependentItems, build, echo, start
from pipeline_optimization.builtin.retry_policies import (
    FixedOptions,
    FixedPolicy,
)
from pipeline_optimization.engine.faults import FaultPlan, TaskFaults
from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.engine.loop import Engine
from pipeline_optimization.engine.virtual import VirtualOrchestrator
from pipeline_optimization.engine.wire import Call, decode_answer, encode_call
from pipeline_optimization.engine.work import Item, Retrying
from pipeline_optimization.engine.worker import Worker, WorkerSetup
from pipeline_optimization.errors import OrchestratorError, PluginError
from pipeline_optimization.types import Capabilities, Completion, ErrorRecord, OpenContext, TaskFailed, TaskRetried


def raise_os_error(data: bytes) -> bytes:
    raise OSError("no such luck")


def raise_type_error(data: bytes) -> bytes:
    raise TypeError("a mistake")


def leave(data: bytes) -> bytes:
    raise SystemExit(3)


class UnpicklableError(Exception):
    """An exception that pickles, and cannot be unpickled."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one + two)


def raise_unpicklable(data: bytes) -> bytes:
    raise UnpicklableError("un", "picklable")


def test_items_are_read_lazily() -> None:
    """No more items are open than twice the slots, however many there are."""
    workload = IndependentItems(1000)
    most = 0

    class Watched(VirtualOrchestrator):
        def poll(self, timeout: float) -> Sequence[Completion]:
            nonlocal most
            most = max(most, workload.read - len(workload.results))
            return super().poll(timeout)

    engine, _ = engine_of(Watched(3), workload)
    engine.run(WorkerSetup(build=build, argument=echo, faults=FaultPlan()).to_bytes())
    assert len(workload.results) == 1000
    assert most == 6


def test_open_bytes_are_bounded() -> None:
    """New items wait while the data of open items reaches the limit, and one item always runs."""
    workload = IndependentItems(20, data=b"x" * 100)
    _, _, orchestrator = start(workload, slots=50, limits=Limits(open_bytes=300), faults=TaskFaults(0.0, 1.0))
    assert len(workload.results) == 20
    # Three at a time, a second each.
    assert orchestrator.clock.now() == 7.0
    tiny = IndependentItems(3, data=b"x" * 100)
    start(tiny, limits=Limits(open_bytes=1))
    assert len(tiny.results) == 3


def test_waiting_items_free_their_slot() -> None:
    """An item that waits for its retry holds no worker, so the others go on meanwhile."""
    engine, _, orchestrator = start(
        IndependentItems(100),
        faults=TaskFaults(0.5, 0.01),
        policy=FixedPolicy(FixedOptions(attempts=30, delay=10.0)),
        slots=1,
    )
    assert engine.tally.failures == 0
    assert orchestrator.clock.now() < 30 * 10.0 + 3.0


def test_parked_items_are_bounded() -> None:
    """While the limit of items waits for a retry, no new ones are read."""
    workload = IndependentItems(100)
    waiting: list[int] = []

    class Watching(FixedPolicy):
        def retries(self, error: ErrorRecord) -> bool:
            waiting.append(workload.read - len(workload.results))
            return True

    policy = Watching(FixedOptions(attempts=99, delay=100.0))
    start(workload, faults=TaskFaults(0.9, 0.0), policy=policy, limits=Limits(parked=5, breaker=0), slots=1)
    assert len(workload.results) == 100
    # Five that wait, and one that was under way when the fourth began to wait.
    assert max(waiting) == 6


def test_ctrl_c_strikes_while_the_engine_waits() -> None:
    """In an attempt that ``poll`` runs, a SIGINT raises at once, and the run ends as interrupted."""

    class Interrupting(VirtualOrchestrator):
        def open(self, context: OpenContext) -> None:
            super().open(context)
            self.interruptible = context.interruptible

        def poll(self, timeout: float) -> Sequence[Completion]:
            with self.interruptible():
                signal.raise_signal(signal.SIGINT)
                pytest.fail("poll() went on")

    orchestrator = Interrupting()
    orchestrator.capabilities = Capabilities(runs_in_caller=True, announces_start=True)
    engine, workload = engine_of(orchestrator, limits=Limits(grace=0.0))
    engine.run(WorkerSetup(build=build, argument=echo, faults=FaultPlan()).to_bytes())
    assert engine.stop is not None
    assert engine.stop.kind == "interrupted"
    assert workload.results == {}
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_spares_a_commit() -> None:
    """In the middle of a commit a SIGINT is put off until the commit is whole; then the run ends."""

    class Careful(IndependentItems):
        def accept(self, item: Item, result: bytes) -> Sequence[Item]:
            if item.id == "0":
                signal.raise_signal(signal.SIGINT)
            return super().accept(item, result)

    engine, workload = engine_of(VirtualOrchestrator(1), Careful(9))
    engine.run(WorkerSetup(build=build, argument=echo, faults=FaultPlan()).to_bytes())
    assert engine.stop is not None
    assert engine.stop.is_signal
    # The one that had started when the first ended was let end too.
    assert set(workload.results) == {"0", "1"}


def test_a_programs_own_signal_handler_stays() -> None:
    """Where a program handles SIGINT itself, the engine leaves its handler in place."""
    seen: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: seen.append(number))
    try:
        engine, workload = engine_of(VirtualOrchestrator())
        signal.raise_signal(signal.SIGINT)
        engine.run(WorkerSetup(build=build, argument=echo, faults=FaultPlan()).to_bytes())
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == [signal.SIGINT]
    assert len(workload.results) == 3


def engine_of(
    orchestrator: VirtualOrchestrator,
    workload: IndependentItems | None = None,
    tick: Callable[[], None] = lambda: None,
    limits: Limits | None = None,
) -> tuple[Engine, IndependentItems]:
    """Return an engine that is ready to run three items, or those of a workload."""
    workload = workload or IndependentItems(3)
    engine = Engine(
        orchestrator,
        workload,
        Retrying(FixedPolicy(FixedOptions()), seed=0, case=""),
        clock=orchestrator.clock,
        emit=lambda event: None,
        run_id="",
        limits=limits,
        capabilities=orchestrator.capabilities,
        tick=tick,
    )
    return engine, workload


@pytest.mark.parametrize(("attempts", "rate"), [(1, 1.0), (4, 1.0)])
def test_attempts_are_exact(attempts: int, rate: float) -> None:
    """A policy with n attempts makes exactly n, then the item is reported with its error and number of attempts."""
    engine, _, _ = start(
        IndependentItems(3), faults=TaskFaults(rate, 0.0), policy=FixedPolicy(FixedOptions(attempts=attempts))
    )
    stats = engine.tally.tasks["echo"]
    assert (stats.items, stats.attempts, stats.retries, stats.failures) == (3, 3 * attempts, 3 * (attempts - 1), 3)
    assert dict(engine.tally.failures_by_error) == {("echo", "InjectedFault"): 3}
    assert {failed.attempts for failed in engine.tally.failed_items} == {attempts}


def test_budget() -> None:
    """A budget bounds the retries of the whole run."""
    engine, _, _ = start(
        IndependentItems(10), faults=TaskFaults(1.0, 0.0), policy=FixedPolicy(FixedOptions(attempts=9, budget=4))
    )
    assert engine.tally.tasks["echo"].retries == 4
    assert engine.tally.failures == 10


def test_deadline() -> None:
    """No retry is granted that would start later than the deadline after the item's first attempt."""
    engine, events, _ = start(
        IndependentItems(1),
        faults=TaskFaults(1.0, 1.0),
        policy=FixedPolicy(FixedOptions(attempts=99, delay=1.0, deadline=6.0)),
    )
    # Attempts start at 0, 2, 4 and 6 seconds; the next would start at 8.
    assert engine.tally.tasks["echo"].attempts == 4
    assert [event.time for event in events if isinstance(event, TaskRetried)] == [1.0, 3.0, 5.0]


def test_delays_and_deadlines_are_in_the_simulations_seconds() -> None:
    """Where a second of the simulation takes half a second, so do the policy's; at scale 0 no deadline can be over."""
    policy = FixedPolicy(FixedOptions(attempts=99, delay=1.0, deadline=6.0))
    engine, events, _ = start(IndependentItems(1), faults=TaskFaults(1.0, 0.5), policy=policy, scale=0.5)
    assert engine.tally.tasks["echo"].attempts == 4
    assert [(event.time, event.delay) for event in events if isinstance(event, TaskRetried)] == [
        (0.5, 0.5),
        (1.5, 0.5),
        (2.5, 0.5),
    ]
    timeless, _, orchestrator = start(IndependentItems(1), faults=TaskFaults(1.0, 0.0), policy=policy, scale=0.0)
    assert timeless.tally.tasks["echo"].attempts == 99
    assert orchestrator.clock.now() == 0.0


def test_mistakes_are_not_retried() -> None:
    """A TypeError will come back on every attempt, so it is not retried; an OSError may pass, so it is."""
    broken, _, _ = start(IndependentItems(1), stage=raise_type_error)
    unlucky, _, _ = start(IndependentItems(1), stage=raise_os_error)
    assert broken.tally.tasks["echo"].attempts == 1
    assert unlucky.tally.tasks["echo"].attempts == 10
    (failed,) = unlucky.tally.failed_items
    assert (failed.error.type, failed.error.message) == ("OSError", "no such luck")
    assert "raise_os_error" in failed.error.traceback


@pytest.mark.parametrize(
    ("stage", "kind"), [(leave, "SystemExit"), (raise_unpicklable, "test_engine.UnpicklableError")]
)
def test_errors_travel_as_data(stage: Callable[[bytes], bytes], kind: str) -> None:
    """sys.exit() in a task and exceptions that cannot be unpickled are failures like any other."""
    engine, _, _ = start(IndependentItems(1), stage=stage)
    assert engine.tally.failed_items[0].error.type.endswith(kind.rpartition(".")[2])


def test_a_delay_may_be_any_number() -> None:
    """A retry policy may reckon with Decimal, for which Python refuses to compute with floats."""

    class Exact(FixedPolicy):
        def delays(self, rng: Random) -> Iterator[float]:
            return iter(cast("list[float]", [Decimal("0.5")]))

    engine, _, orchestrator = start(IndependentItems(1), stage=raise_os_error, policy=Exact(FixedOptions()))
    assert engine.tally.tasks["echo"].attempts == 2
    assert orchestrator.clock.now() == 0.5


@pytest.mark.parametrize("delay", [-1.0, math.inf, math.nan, Decimal("nan"), 10**400, "1", b"1"])
def test_delays_must_make_sense(delay: Any) -> None:
    """A retry policy that asks for a delay that is negative, endless or no number is named, not obeyed."""

    class Wrong(FixedPolicy):
        def delays(self, rng: Random) -> Iterator[float]:
            return iter([delay])

    with pytest.raises(PluginError, match=re.escape(f"asked for a delay of {delay!r} s")):
        start(
            IndependentItems(1),
            faults=TaskFaults(1.0, 0.0),
            policy=Wrong(FixedOptions()),
            limits=Limits(deadline=100.0),
        )


def test_floor_is_the_time_with_unlimited_workers() -> None:
    """The floor computed along the way equals the virtual run time with a worker for every attempt."""
    for seed in range(20):
        faults = TaskFaults(0.4, 0.25)
        unlimited, _, orchestrator = start(IndependentItems(50), faults=faults, slots=None, seed=seed)
        assert unlimited.tally.floor == pytest.approx(orchestrator.clock.now())
        few, _, slow = start(IndependentItems(50), faults=faults, slots=2, seed=seed)
        assert few.tally.floor == pytest.approx(unlimited.tally.floor)
        assert slow.clock.now() > few.tally.floor


def test_events_tell_the_story_in_order() -> None:
    """Each failed attempt is told before its retry, with the same item, and the numbers count up from 1."""
    _, events, _ = start(IndependentItems(1), faults=TaskFaults(1.0, 0.0), policy=FixedPolicy(FixedOptions(attempts=3)))
    told = [(type(event).__name__, getattr(event, "attempt", None)) for event in events]
    assert told == [
        ("WorkerSeen", None),
        ("TaskFailed", 1),
        ("AttemptEnded", 1),
        ("TaskRetried", 2),
        ("TaskFailed", 2),
        ("AttemptEnded", 2),
        ("TaskRetried", 3),
        ("TaskFailed", 3),
        ("AttemptEnded", 3),
        ("ItemFinished", None),
    ]
    assert all(event.error.injected for event in events if isinstance(event, TaskFailed))


def test_foreign_answers_are_refused() -> None:
    """An orchestrator that brings back something else than the worker's answer is told so."""

    class Mangler(VirtualOrchestrator):
        def poll(self, timeout: float) -> Sequence[Completion]:
            return [Completion(id=c.id, status=c.status, payload=b"mangled") for c in super().poll(timeout)]

    engine, _ = engine_of(Mangler())
    with pytest.raises(OrchestratorError, match="must hand on the answer of run_attempt untouched"):
        engine.run(WorkerSetup(build=build, argument=echo, faults=FaultPlan()).to_bytes())


def test_orchestrators_are_always_closed() -> None:
    """An error closes the orchestrator by force, success without."""
    calls: list[bool] = []

    class Noting(VirtualOrchestrator):
        def close(self, *, force: bool) -> None:
            calls.append(force)

    def fail() -> None:
        raise ZeroDivisionError

    setup = WorkerSetup(build=build, argument=echo, faults=FaultPlan()).to_bytes()
    engine_of(Noting())[0].run(setup)
    with pytest.raises(ZeroDivisionError):
        engine_of(Noting(), tick=fail)[0].run(setup)
    assert calls == [False, True]


def test_components_must_be_importable() -> None:
    """A stage that workers could not find by name is refused before anything starts."""
    with pytest.raises(PluginError, match="must be importable by name"):
        WorkerSetup(build=build, argument=lambda data: data, faults=FaultPlan()).to_bytes()


def test_a_worker_waits_in_the_way_it_is_told() -> None:
    """The simulated latency is passed to ``sleep``, in seconds, scaled."""
    plan = FaultPlan(tasks={"echo": TaskFaults(0.0, 2.0)}, latency_scale=0.5)
    worker = Worker(WorkerSetup(build=build, argument=echo, faults=plan).to_bytes())
    slept: list[float] = []
    answer = decode_answer(worker.run_attempt(encode_call(Call("echo", "k", 1, b"data")), sleep=slept.append))
    assert slept == [1.0]
    assert (answer.result, answer.latency) == (b"data", 1.0)


def test_a_worker_that_cannot_be_equipped_answers() -> None:
    """Where the set-up cannot be loaded, say because a module is missing there, each attempt answers with the error."""
    worker = Worker(b"csome_missing_module\nSetup\n.")
    answer = decode_answer(worker.run_attempt(encode_call(Call("echo", "k", 1, b"data"))))
    assert answer.error is not None
    assert answer.error.type == "ModuleNotFoundError"
    assert "some_missing_module" in answer.error.message
