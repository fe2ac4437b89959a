"""The engine's bounds on time and on failure, in virtual time."""

from __future__ import annotations

import math
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest
from attrs import evolve, frozen

from independent_items import IndependentItems, build, echo, start
from pipeline_optimization.builtin.retry_policies import FixedOptions, FixedPolicy, NoRetry
from pipeline_optimization.engine.faults import FaultPlan, TaskFaults
from pipeline_optimization.engine.limits import CircuitBreaker, Limits, RunDeadline
from pipeline_optimization.engine.loop import Engine
from pipeline_optimization.engine.quota import Quota
from pipeline_optimization.engine.virtual import Fate, VirtualClock, VirtualOrchestrator
from pipeline_optimization.engine.wire import decode_answer, encode_answer
from pipeline_optimization.engine.work import Item, ItemState, Retrying, TaskPolicy
from pipeline_optimization.engine.worker import WorkerSetup
from pipeline_optimization.errors import OptionError
from pipeline_optimization.types import Attempt, Capabilities, Completion, ErrorRecord, TaskFailed

NEVER = math.inf


@frozen
class Scripted:
    """An adversary that decides by a function of the attempt; None stands for the attempt's own latency."""

    decide: Callable[[Attempt], Sequence[Fate] | None]

    def fates(self, attempt: Attempt, latency: float) -> Sequence[Fate]:
        return self.decide(attempt) or [Fate(latency)]


def orchestrator_of(
    decide: Callable[[Attempt], Sequence[Fate] | None], slots: int = 2, *, can_kill: bool = True
) -> VirtualOrchestrator:
    return VirtualOrchestrator(slots, adversary=Scripted(decide), can_kill=can_kill)


def hang_first(attempt: Attempt) -> Sequence[Fate] | None:
    """Let the first attempt of the first item hang for ever."""
    return [Fate(NEVER)] if (attempt.item, attempt.number) == ("echo:0", 1) else None


def test_an_attempt_that_hangs_is_ended_and_made_again() -> None:
    """After the time that an attempt may take it is called off, and its item tried again as after any failure."""
    engine, events, _ = start(
        IndependentItems(3), orchestrator=orchestrator_of(hang_first), limits=Limits(item_timeout=2.0)
    )
    assert engine.tally.failures == 0
    assert dict(engine.tally.tasks["echo"].errors) == {"ItemTimeout": 1}
    (failed,) = [event for event in events if isinstance(event, TaskFailed)]
    assert (failed.item, failed.attempt, failed.time) == ("echo:0", 1, 2.0)
    assert failed.error.message == "it took longer than its limit of 2 s; it was ended"
    assert engine.stop is None


def test_an_attempt_that_cannot_be_ended_is_abandoned() -> None:
    """Its slot is lost, the run goes on with the others, and the report counts it."""
    orchestrator = orchestrator_of(hang_first, can_kill=False)
    engine, events, _ = start(IndependentItems(9), orchestrator=orchestrator, limits=Limits(item_timeout=2.0))
    assert (engine.tally.failures, engine.tally.abandoned, engine.stop) == (0, 1, None)
    (failed,) = [event for event in events if isinstance(event, TaskFailed)]
    assert "the orchestrator cannot end it" in failed.error.message


def test_a_late_result_is_ignored_and_frees_its_slot() -> None:
    """An abandoned attempt that ends after all is stale, and its worker takes attempts again."""
    workload = IndependentItems(40)
    orchestrator = orchestrator_of(
        lambda attempt: [Fate(3.0)] if (attempt.item, attempt.number) == ("echo:0", 1) else [Fate(1.0)],
        can_kill=False,
    )
    engine, _, _ = start(workload, orchestrator=orchestrator, limits=Limits(item_timeout=2.0))
    assert (engine.tally.stale, engine.tally.abandoned) == (1, 1)
    assert len(workload.results) == 40
    # Two workers for 40 seconds of work and 3 lost ones: with one worker from then on it would take longer.
    assert orchestrator.clock.now() < 24.0


@pytest.mark.parametrize(
    ("slots", "reason"),
    [
        (1, "the worker hangs, and this orchestrator cannot end it"),
        (2, "all 2 workers hang, and this orchestrator cannot end them"),
    ],
)
def test_when_all_workers_hang_the_run_stops(slots: int, reason: str) -> None:
    """Where nothing can end them, nothing could run any more."""
    engine, _, _ = start(
        IndependentItems(9),
        orchestrator=orchestrator_of(lambda attempt: [Fate(NEVER)], slots, can_kill=False),
        limits=Limits(item_timeout=1),
    )
    assert engine.stop is not None
    assert engine.stop.kind == "abandoned"
    assert engine.stop.reason == reason


@pytest.mark.parametrize("announces", [True, False])
def test_waiting_for_a_worker_takes_no_time(announces: bool) -> None:
    """An attempt's time counts from its start; who announces no start is given no more than it can start at once."""
    orchestrator = orchestrator_of(lambda attempt: [Fate(1.0)], slots=1)
    orchestrator.capabilities = Capabilities(can_kill=True, announces_start=announces)
    engine, _, _ = start(IndependentItems(20), orchestrator=orchestrator, limits=Limits(item_timeout=1.5))
    assert not engine.tally.tasks["echo"].errors


def test_a_result_that_took_too_long_is_a_timeout() -> None:
    """Where nothing could end the attempt in time, its own watch tells: the outcome is the same as elsewhere."""

    class Slow(VirtualOrchestrator):
        def poll(self, timeout: float) -> Sequence[Completion]:
            found = super().poll(timeout)
            return [evolve(c, payload=encode_answer(decode_answer(c.payload)._replace(seconds=2.5))) for c in found]

    engine, _, _ = start(IndependentItems(1), orchestrator=Slow(1), policy=NoRetry(), limits=Limits(item_timeout=2.0))
    (failed,) = engine.tally.failed_items
    assert (failed.error.type, failed.error.message) == (
        "ItemTimeout",
        "it took longer than its limit of 2 s; it took 2.5 s",
    )


@pytest.mark.parametrize("simulated", [0.0, 5.0])
def test_a_time_limit_that_has_passed_counts_for_the_floor(simulated: float) -> None:
    """With its own length, and not with that of the attempt. So the floor is the same if nothing can end the attempt in time."""

    class InCaller(VirtualOrchestrator):
        def poll(self, timeout: float) -> Sequence[Completion]:
            return super().poll(math.inf)

    def floor_of(orchestrator: type[VirtualOrchestrator], policies: Mapping[str, TaskPolicy]) -> float:
        engine, _, _ = start(
            IndependentItems(2),
            orchestrator=orchestrator(1, adversary=Scripted(lambda attempt: [Fate(5.0)])),
            policy=NoRetry(),
            limits=Limits(item_timeout=2.0),
            faults=TaskFaults(sleep_time=simulated),
            policies=policies,
        )
        return engine.tally.floor

    for policies, floor in (({}, 2.0), ({"echo": TaskPolicy(quota=Quota(limit=1))}, 4.0)):
        assert floor_of(VirtualOrchestrator, policies) == floor
        assert floor_of(InCaller, policies) == floor


def test_timeouts_use_up_attempts() -> None:
    """An item that always hangs fails for good after the policy's attempts."""
    policy = FixedPolicy(FixedOptions(attempts=3, delay=0.0))
    engine, _, orchestrator = start(
        IndependentItems(1),
        orchestrator=orchestrator_of(lambda attempt: [Fate(NEVER)]),
        policy=policy,
        limits=Limits(item_timeout=2),
    )
    assert dict(engine.tally.failures_by_error) == {("echo", "ItemTimeout"): 1}
    assert orchestrator.clock.now() == 6.0


def test_the_deadline_stops_the_run() -> None:
    """What ends within the grace period counts; what has not started is called off; nothing is tried again."""
    workload = IndependentItems(100)
    orchestrator = orchestrator_of(lambda attempt: [Fate(1.0)])
    engine, _, _ = start(workload, orchestrator=orchestrator, limits=Limits(deadline=10.5, grace=1.0))
    assert engine.stop is not None
    assert (engine.stop.kind, engine.stop.reason) == ("deadline", "its deadline of 10.5 s is over")
    assert orchestrator.clock.now() == 11.0
    assert len(workload.results) == 22


def test_the_grace_period_ends() -> None:
    """Attempts that go on beyond it are given up: their items are unfinished, and not failed."""
    workload = IndependentItems(100)
    orchestrator = orchestrator_of(lambda attempt: [Fate(1.0)])
    engine, _, _ = start(workload, orchestrator=orchestrator, limits=Limits(deadline=10.5, grace=0.25))
    assert orchestrator.clock.now() == 10.75
    assert len(workload.results) == 20
    assert engine.tally.failures == 0


def test_nothing_is_retried_while_stopping() -> None:
    """A failure in the grace period leaves its item unfinished, for a resumed run to try again."""
    engine, _, _ = start(
        IndependentItems(100),
        faults=TaskFaults(1.0, 1.0),
        policy=FixedPolicy(FixedOptions(attempts=9)),
        limits=Limits(deadline=0.5),
    )
    assert (engine.tally.failures, engine.tally.tasks["echo"].retries) == (0, 0)
    assert engine.tally.tasks["echo"].attempts == 2


def test_a_failure_can_stop_the_run() -> None:
    """With stops_on_failure, the first item that fails for good is the last that is tried."""
    engine, _, _ = start(
        IndependentItems(100),
        faults=TaskFaults(1.0, 1.0),
        policy=NoRetry(),
        limits=Limits(stops_on_failure=True),
        slots=1,
    )
    assert engine.stop is not None
    assert engine.stop.kind == "failure"
    assert engine.stop.reason.startswith("echo:0 failed for good (InjectedFault")
    # The one that had started by then was let end, and is unfinished.
    assert (engine.tally.tasks["echo"].items, engine.tally.failures) == (2, 1)


def test_a_task_that_always_fails_stops_the_run() -> None:
    """After 50 failed attempts in a row of different items the circuit breaker opens, and says why."""
    engine, _, _ = start(IndependentItems(1000), faults=TaskFaults(1.0, 0.0), policy=NoRetry())
    assert engine.stop is not None
    assert engine.stop.kind == "circuit_breaker"
    assert engine.stop.reason == "the last 50 attempts of echo all failed, most of them with InjectedFault"
    assert 50 <= engine.tally.tasks["echo"].attempts <= 54


def test_lost_workers_open_the_circuit_too() -> None:
    """Where every worker dies, items are not given up one by one to the last."""
    engine, _, _ = start(IndependentItems(1000), orchestrator=orchestrator_of(lambda attempt: [Fate(0.1, "lost")]))
    assert engine.stop is not None
    assert engine.stop.reason == "the last 50 attempts of echo all failed, most of them with WorkerLost"


def test_a_reason_names_the_most_frequent_error_for_what_it_is() -> None:
    """If no type of error has more than half of the failures, it is not that of most of them."""
    breaker, stop = CircuitBreaker(50), None
    for number in range(50):
        state = ItemState(item=Item(id=str(number), task="echo"), earliest=0.0)
        stop = breaker.failed(state, ErrorRecord(type=f"Error{number % 10}", message=""))
    assert stop is not None
    assert stop.reason == "the last 50 attempts of echo all failed, most often with Error0"


def test_one_bad_item_opens_no_circuit() -> None:
    """It says nothing of its task, however often it fails."""
    policy = FixedPolicy(FixedOptions(attempts=99, delay=0.0))
    engine, _, _ = start(IndependentItems(4), faults=TaskFaults(1.0, 0.0), policy=policy)
    assert engine.stop is None
    assert engine.tally.failures == 4


def test_a_success_closes_the_circuit() -> None:
    """Only failures in a row count: of many items that mostly fail, all get their attempts."""
    engine, _, _ = start(
        IndependentItems(500), faults=TaskFaults(0.8, 0.0), policy=NoRetry(), limits=Limits(breaker=50)
    )
    assert engine.stop is None
    assert 300 < engine.tally.failures < 480


def test_the_circuit_breaker_can_be_switched_off() -> None:
    """Then everything is tried, however hopeless."""
    engine, _, _ = start(IndependentItems(200), faults=TaskFaults(1.0, 0.0), policy=NoRetry(), limits=Limits(breaker=0))
    assert (engine.stop, engine.tally.failures) == (None, 200)


def test_retries_are_a_share_of_all_attempts() -> None:
    """Beyond the first 20, no more retries are granted than the share allows."""
    policy = FixedPolicy(FixedOptions(attempts=9, delay=0.0))
    engine, _, _ = start(
        IndependentItems(1000), faults=TaskFaults(1.0, 0.0), policy=policy, limits=Limits(retry_share=0.1, breaker=0)
    )
    stats = engine.tally.tasks["echo"]
    assert stats.failures == 1000
    assert stats.retries <= 21 + 0.1 * stats.attempts
    assert stats.retries > 100


@pytest.mark.parametrize("deaths", [1, 2, 3, 5])
def test_deaths_until_an_item_is_poison(deaths: int) -> None:
    """An item whose workers die that often is given up, and no innocent with it."""
    workload = IndependentItems(10)
    orchestrator = orchestrator_of(lambda attempt: [Fate(1.0, "lost")] if attempt.item == "echo:3" else None)
    engine, _, _ = start(workload, orchestrator=orchestrator, limits=Limits(poison_losses=deaths))
    (failed,) = engine.tally.failed_items
    assert (failed.item, failed.is_poison, engine.tally.tasks["echo"].lost) == ("echo:3", True, deaths)
    assert len(workload.results) == 9


@pytest.mark.parametrize(("number", "kind"), [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated")])
def test_a_signal_lets_attempts_end(number: int, kind: str) -> None:
    """What is under way has the grace period, what waits is called off, and the reason is told."""
    workload = IndependentItems(100)
    orchestrator = orchestrator_of(lambda attempt: [Fate(1.0)])
    before = signal.getsignal(signal.SIGTERM)
    engine = striking_engine(orchestrator, workload, number, lambda now: now == 2.0)
    engine.run(SETUP)
    assert engine.stop is not None
    assert engine.stop.kind == kind
    assert len(workload.results) == 6
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_second_signal_ends_the_run_at_once() -> None:
    """Whoever strikes twice does not want to wait: the grace period is over, and nothing is vouched for."""
    workload = IndependentItems(100)
    orchestrator = orchestrator_of(lambda attempt: [Fate(1.0)])
    engine = striking_engine(orchestrator, workload, signal.SIGINT, lambda now: now >= 2.0)
    with pytest.raises(KeyboardInterrupt):
        engine.run(SETUP)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("limits", [Limits(), Limits(deadline=1.5)], ids=["at work", "after its deadline"])
def test_without_signals_an_interruption_is_the_callers(limits: Limits) -> None:
    """An engine that handles no signals raises the caller's KeyboardInterrupt at once, and closes its orchestrator."""
    orchestrator = orchestrator_of(lambda attempt: [Fate(1.0)])
    engine = striking_engine(
        orchestrator, IndependentItems(100), signal.SIGINT, lambda now: now >= 2.0, signals=(), limits=limits
    )
    with pytest.raises(KeyboardInterrupt):
        engine.run(SETUP)
    assert orchestrator.clock.now() == 2.0
    assert orchestrator._worker is None


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ({"item_timeout": 0}, "time for an item must be a number of seconds above 0"),
        ({"deadline": math.nan}, "deadline must be a number of seconds above 0"),
        ({"grace": -1}, "grace period must be a number of seconds of at least 0"),
        ({"poison_losses": 0}, "after 1 death or more"),
        ({"breaker": -1}, "at least 1 attempt, or 0 for none"),
        ({"retry_share": -0.1}, "share of retries must be a number of at least 0"),
        ({"open_bytes": 0}, "bytes under way must be at least 1, not 0"),
        ({"parked": 0}, "items that wait must be at least 1, not 0"),
    ],
)
def test_bounds_must_make_sense(bounds: dict[str, float], message: str) -> None:
    """A bound that cannot be kept is refused before anything starts."""
    with pytest.raises(OptionError, match=message):
        Limits(**bounds)  # type: ignore[arg-type]


def test_quarantined_items_are_handed_over() -> None:
    """Each item that failed for good is told once, with its place; so is the one that stops the run."""
    told: list[str] = []
    for stops, number in ((False, 3), (True, 1)):
        told.clear()
        orchestrator = VirtualOrchestrator(2)
        engine = Engine(
            orchestrator,
            IndependentItems(3),
            Retrying(NoRetry(), seed=1, case=""),
            clock=orchestrator.clock,
            emit=lambda event: None,
            run_id="",
            limits=Limits(stops_on_failure=stops),
            capabilities=orchestrator.capabilities,
            quarantine=lambda item, failed: told.append(f"{item.name}, {failed.error.type}"),
        )
        plan = FaultPlan(tasks={"echo": TaskFaults(1.0, 0.0)})
        engine.run(WorkerSetup(build=build, argument=echo, faults=plan).to_bytes())
        assert sorted(told) == [f"echo:{item}, InjectedFault" for item in range(number)]


SETUP = WorkerSetup(build=build, argument=echo, faults=FaultPlan()).to_bytes()


def striking_engine(
    orchestrator: VirtualOrchestrator,
    workload: IndependentItems,
    number: int,
    is_due: Callable[[float], bool],
    *,
    signals: Sequence[int] = (signal.SIGINT, signal.SIGTERM),
    limits: Limits | None = None,
) -> Engine:
    """Return an engine that handles SIGINT and SIGTERM by default, and in each round gets a signal if it is due."""

    def strike() -> None:
        if is_due(orchestrator.clock.now()):
            signal.raise_signal(number)

    return Engine(
        orchestrator,
        workload,
        Retrying(NoRetry(), seed=1, case=""),
        clock=orchestrator.clock,
        emit=lambda event: None,
        run_id="",
        capabilities=orchestrator.capabilities,
        limits=limits,
        signals=signals,
        tick=strike,
    )


class SlowInput(IndependentItems):
    """Items that are read one a second, and no more than ``most``."""

    def __init__(self, clock: VirtualClock, most: int) -> None:
        super().__init__(most)
        self.clock = clock

    def items(self) -> Iterator[Item]:
        for item in super().items():
            self.clock.sleep(1.0)
            yield item


def test_a_deadline_passes_while_a_slow_input_is_read() -> None:
    """Sixteen attempts may be open, and an item comes once a second: after five seconds the run stops, and reads no more."""
    orchestrator = orchestrator_of(lambda attempt: [Fate(0.5)], slots=8)
    workload = SlowInput(orchestrator.clock, 100)
    engine, _, _ = start(workload, orchestrator=orchestrator, limits=Limits(deadline=5.0, grace=0.0))
    assert engine.stop is not None
    assert engine.stop.kind == "deadline"
    assert workload.read <= 6
    assert len(workload.results) >= workload.read - 2


def test_an_attempt_is_ended_in_time_while_a_slow_input_is_read() -> None:
    """The first attempt hangs: it is ended two seconds later, and not after sixteen items were read."""
    orchestrator = orchestrator_of(hang_first, slots=8)
    workload = SlowInput(orchestrator.clock, 20)
    _, events, _ = start(workload, orchestrator=orchestrator, limits=Limits(item_timeout=2.0))
    (failed,) = [event for event in events if isinstance(event, TaskFailed)]
    assert failed.time <= 1.0 + 2.0 + 1.0
    assert len(workload.results) == 20


def test_a_pause_before_anything_is_read_ends_no_run() -> None:
    """The engine may not run for a while, as under a debugger: then nothing is submitted in that step, and all in the next ones."""

    class Pausing(VirtualClock):
        def now(self) -> float:
            self.sleep(1.0)  # longer than a step takes
            return super().now()

    workload = IndependentItems(3)
    orchestrator = orchestrator_of(lambda attempt: [Fate(0.5)])
    orchestrator.clock = Pausing()
    start(workload, orchestrator=orchestrator)
    assert len(workload.results) == 3


def test_a_program_that_asks_once_is_heard() -> None:
    """An attempt in the engine's thread may be the one that asks the program first, and gets the only yes."""
    asked = iter([False, True])
    deadline = RunDeadline(VirtualClock(), Limits(grace=10.0), lambda: next(asked, False))
    deadline.begin()
    assert [deadline.is_over(), deadline.is_over(), deadline.is_over()] == [False] * 3  # the grace period has begun
    stop = deadline.reason_to_stop()
    assert stop is not None
    assert stop.kind == "cancelled"


def test_what_an_earlier_run_gave_up_opens_no_breaker() -> None:
    """A run that tries failed elements again tries nothing else, so that a long row of failures says nothing of their task."""
    error = ErrorRecord(type="ValueError", message="bad")
    for first, is_open in ((4, False), (1, True)):
        breaker = CircuitBreaker(5)
        items = [Item(id=str(number), task="pick", position=number, first_attempt=first) for number in range(9)]
        states = [ItemState(item=item, earliest=0.0) for item in items]
        for state in states:
            state.number = first
        assert any(breaker.failed(state, error) for state in states) is is_open
