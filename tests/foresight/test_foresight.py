"""Runs in virtual time: small models whose times can be told by hand, and laws of all models."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from free_costs import FREE
from pipeline_optimization.builtin.retry_policies import FixedOptions, FixedPolicy, NoRetry
from pipeline_optimization.foresight.costs import Machine, OrchestratorCosts, Place
from pipeline_optimization.foresight.machine import Call, MachineOrchestrator
from pipeline_optimization.foresight.passage import Passage
from pipeline_optimization.foresight.simulate import Configuration, predict, simulate
from pipeline_optimization.foresight.work import NOTHING, FollowUp, TaskWork, WorkModel
from pipeline_optimization.types import Attempt, OpenContext, RetryPolicy
from pipeline_optimization.types.durations import Durations, constant, empirical

NONE, FIXED = NoRetry(), FixedPolicy(FixedOptions(attempts=20, delay=0.5))


def work_of(
    items: int = 10, *, compute: Durations = NOTHING, wait: Durations = NOTHING, failure_rate: float = 0.0
) -> WorkModel:
    """Return independent items of one task."""
    task = TaskWork(compute=compute, wait=wait, failure_rate=failure_rate)
    return WorkModel(tasks={"work": task}, source="work", items=items)


def configuration(workers: int, retry: RetryPolicy = NONE) -> Configuration:
    return Configuration(orchestrator="imagined", workers=workers, retry=retry, retry_name="none")


def run(
    work: WorkModel,
    place: Place,
    workers: int,
    *,
    cores: float = 2,
    retry: RetryPolicy = NONE,
    costs: OrchestratorCosts | None = None,
    seed: int = 1,
) -> Passage:
    return simulate(work, configuration(workers, retry), costs or FREE[place], Machine(cores=cores), seed=seed)


@pytest.mark.parametrize(
    ("place", "workers", "cores", "seconds"),
    [
        ("caller", 1, 2, 10.0),
        ("loop", 4, 2, 10.0),
        ("threads", 4, 2, 10.0),
        ("processes", 1, 2, 10.0),
        ("processes", 2, 2, 5.0),
        ("processes", 4, 2, 5.0),
        ("processes", 4, 4, 3.0),
        ("processes", 10, 0.5, 20.0),
        ("threads", 10, 0.5, 20.0),
        ("loop", 10, 0.5, 20.0),
        ("caller", 1, 0.5, 20.0),
    ],
)
def test_ten_attempts_that_compute_for_a_second_share_the_cores_of_their_place(
    place: Place, workers: int, cores: float, seconds: float
) -> None:
    """Threads and a loop compute one at a time, processes as many as there are cores; a quota of half a core halves the pace."""
    passage = run(work_of(compute=constant(1.0)), place, workers, cores=cores)
    assert passage.seconds == pytest.approx(seconds)
    assert passage.busy == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("place", "workers", "seconds"),
    [("caller", 4, 10.0), ("loop", 4, 3.0), ("threads", 4, 3.0), ("threads", 10, 1.0), ("processes", 5, 2.0)],
)
def test_attempts_that_wait_need_workers_and_no_cores(place: Place, workers: int, seconds: float) -> None:
    """Ten attempts of a second take as many rounds as workers need, except in the caller, where nothing waits beside anything."""
    passage = run(work_of(wait=constant(1.0)), place, workers)
    assert passage.seconds == pytest.approx(seconds)
    assert passage.busy == 0


def test_what_blocks_its_thread_is_not_awaited() -> None:
    """Functions that block wait beside each other in threads, and one after the other in an event loop."""
    work = WorkModel(tasks={"work": TaskWork(blocked=constant(1.0))}, source="work", items=10)
    assert run(work, "threads", 5).seconds == pytest.approx(2.0)
    assert run(work, "loop", 5).seconds == pytest.approx(10.0)


def test_the_driver_hands_out_one_attempt_after_the_other() -> None:
    """A driver that takes 0.1 s for an attempt needs a second for ten, however many workers there are."""
    costs = OrchestratorCosts(place="threads", driver=0.1)
    assert run(work_of(), "threads", 100, costs=costs).seconds == pytest.approx(1.0)


@pytest.mark.parametrize("place", sorted(FREE))
def test_a_quota_below_one_core_slows_the_driver(place: Place) -> None:
    """With half a core, ten attempts of 0.1 s of the driver take two seconds."""
    costs = OrchestratorCosts(place=place, driver=0.1)
    assert run(work_of(), place, 1, cores=0.5, costs=costs).seconds == pytest.approx(2.0)


def test_no_attempt_begins_before_all_workers_are_there() -> None:
    """The second worker is there two seconds after the first. Then both run two elements each."""
    costs = OrchestratorCosts(place="processes", startup=1.0, startup_by_worker=2.0, shutdown=0.5)
    passage = run(work_of(4, wait=constant(1.0)), "processes", 2, costs=costs)
    assert passage.seconds == pytest.approx(1.0 + 2.0 + 2.0 + 0.5)


def test_each_worker_takes_time_to_end() -> None:
    """Four elements wait side by side for a second; then three further workers end, each in a tenth of a second."""
    costs = OrchestratorCosts(place="processes", shutdown=0.5, shutdown_by_worker=0.1)
    passage = run(work_of(4, wait=constant(1.0)), "processes", 4, costs=costs)
    assert passage.seconds == pytest.approx(1.0 + 0.5 + 0.3)


@pytest.mark.parametrize("place", ["threads", "processes"])
def test_those_who_sleep_have_to_be_woken(place: Place) -> None:
    """An attempt that takes long costs 0.1 s of the processor more, one that ends at once does not."""
    costs = OrchestratorCosts(place=place, waking=0.1)
    assert run(work_of(10, wait=constant(0.5)), place, 1, costs=costs).seconds == pytest.approx(10 * 0.6)
    assert run(work_of(10, wait=constant(0.0005)), place, 1, costs=costs).seconds == pytest.approx(10 * 0.0005)


def test_bytes_take_their_time_to_the_worker() -> None:
    """Each of two attempts moves a million bytes at a microsecond each, one after the other."""
    costs = OrchestratorCosts(place="processes", transport=0.5, by_byte=1e-6)
    work = WorkModel(tasks={"work": TaskWork(bytes_moved=1e6)}, source="work", items=2)
    assert run(work, "processes", 1, costs=costs).seconds == pytest.approx(3.0)


def test_failures_are_tried_again_by_the_policy() -> None:
    """Without retries each item has one attempt; with them some have more, and each waits its delay."""
    work = work_of(1000, wait=constant(1.0), failure_rate=0.2)
    without, with_retries = run(work, "threads", 1000), run(work, "threads", 1000, retry=FIXED)
    assert without.attempts == 1000
    assert without.seconds == pytest.approx(1.0)
    assert without.failures == pytest.approx(200, abs=40)
    assert with_retries.attempts == pytest.approx(1250, abs=60)
    assert with_retries.failures == 0
    rounds = (with_retries.seconds - 1.0) / 1.5  # an attempt of a second after a delay of half a second
    assert rounds == pytest.approx(round(rounds))


def test_permanent_failures_are_not_tried_again() -> None:
    """An error that another attempt would meet again costs one attempt under any policy."""
    task = TaskWork(failure_rate=1.0, permanent=1.0, errors={"ValueError": 1})
    work = WorkModel(tasks={"work": task}, source="work", items=7)
    passage = run(work, "threads", 2, retry=FIXED)
    assert (passage.attempts, passage.failures) == (7, 7)


def test_elements_of_a_bundle_are_run_for_a_quantum_at_a_time() -> None:
    """One worker takes a second. Of two, one runs five elements alone; then there are nineteen times as many for both."""
    task = TaskWork(compute=constant(0.01), is_bundled=True)
    work = WorkModel(tasks={"lines": task}, source="lines", items=1, elements=100)
    assert run(work, "caller", 1).seconds == pytest.approx(1.0)
    two = run(work, "processes", 2)
    assert two.seconds == pytest.approx(0.05 + 10 * 0.05)


def test_elements_make_follow_ups_possible() -> None:
    """Each of four elements of the source makes 2.5 items of the next task on average: ten in all."""
    tasks: Mapping[str, TaskWork] = {
        "read": TaskWork(follow_ups=(FollowUp(task="fetch", share=2.5),)),
        "fetch": TaskWork(wait=constant(1.0)),
    }
    work = WorkModel(tasks=tasks, source="read", items=4)
    assert run(work, "threads", 1).seconds == pytest.approx(10.0)
    assert work.wait == pytest.approx(10.0)
    assert run(work.scaled(8), "threads", 1).seconds == pytest.approx(20.0)


def test_a_prediction_tells_what_bounds_it() -> None:
    """Waits where workers are few, one item where they are many, cores where they compute, the driver where that is slow."""
    waits, computes = work_of(100, wait=constant(1.0)), work_of(100, compute=constant(1.0))
    slow_driver = OrchestratorCosts(place="processes", driver=3.0)
    block = TaskWork(blocked=constant(1.0))  # which holds up an event loop as if it computed
    blocks = WorkModel(tasks={"work": block}, source="work", items=100)
    bounds = [
        predict(work, configuration(workers), costs, Machine(cores=2)).bound
        for work, workers, costs in [
            (waits, 4, FREE["threads"]),
            (waits, 1000, FREE["threads"]),
            (computes, 4, FREE["processes"]),
            (computes, 4, FREE["threads"]),
            (computes, 4, slow_driver),
            (computes, 1, FREE["caller"]),
            (computes, 1, FREE["processes"]),
            (blocks, 8, FREE["loop"]),
        ]
    ]
    assert bounds == ["waits", "one item", "cores", "lock", "driver", "one worker", "one worker", "lock"]


def test_few_observations_make_a_wide_interval() -> None:
    """What was seen five times says less of a run than what was seen a thousand times."""
    samples = [0.01, 0.02, 0.05, 0.1, 0.4]

    def width(observed: int) -> float:
        task = TaskWork(wait=empirical(samples), observed=observed)
        work = WorkModel(tasks={"work": task}, source="work", items=500)
        found = predict(work, configuration(4), FREE["threads"], Machine(cores=2), seeds=range(10))
        return (found.high - found.low) / found.seconds

    assert width(5) > 2 * width(1000)


def test_a_single_observation_makes_a_wide_interval() -> None:
    """One attempt does not show how much others differ; figures that were given are exact."""

    def width(observed: int) -> float:
        work = WorkModel(tasks={"work": TaskWork(wait=constant(1.0), observed=observed)}, source="work", items=10)
        found = predict(work, configuration(4), FREE["threads"], Machine(cores=2))
        assert found.seconds == pytest.approx(3.0)
        return found.high / found.low

    assert width(1) > width(4) > width(5) == width(0)
    assert width(1) > 3


def test_a_long_run_is_told_from_the_pace_of_a_short_one() -> None:
    """Of a hundred thousand attempts some thousands are made; the others go on as those in the middle of them."""
    work = work_of(100_000, wait=constant(1.0))
    found = predict(work, configuration(4), FREE["threads"], Machine(cores=2), seeds=[1], most_attempts=2000)
    assert found.seconds == pytest.approx(25_000)
    assert found.attempts == 100_000


durations = st.lists(st.floats(0, 10), min_size=1, max_size=5).map(empirical)


@settings(max_examples=60, deadline=None)
@given(wait=durations, items=st.integers(1, 40), workers=st.integers(1, 30), seed=st.integers(0, 5))
def test_more_workers_never_take_longer_where_nothing_costs(
    wait: Durations, items: int, workers: int, seed: int
) -> None:
    """Independent items begin no later with one worker more."""
    work = work_of(items, wait=wait)
    few, more = (run(work, "threads", number, seed=seed).seconds for number in (workers, workers + 1))
    assert more <= few + 1e-9


@settings(max_examples=60, deadline=None)
@given(
    wait=durations,
    compute=durations,
    failure_rate=st.floats(0, 0.5),
    place=st.sampled_from(sorted(FREE)),
    workers=st.integers(1, 30),
)
def test_no_run_is_faster_than_its_floor(
    wait: Durations, compute: Durations, failure_rate: float, place: Place, workers: int
) -> None:
    """Neither than its longest chain, nor than all computing on all cores."""
    work = work_of(20, wait=wait, compute=compute, failure_rate=failure_rate)
    passage = run(work, place, workers, retry=FIXED)
    assert passage.seconds >= passage.floor - 1e-9
    assert passage.seconds >= passage.busy / 2 - 1e-9


@settings(max_examples=30, deadline=None)
@given(wait=durations, compute=durations, place=st.sampled_from(sorted(FREE)))
def test_what_attempts_take_does_not_depend_on_who_runs_them(wait: Durations, compute: Durations, place: Place) -> None:
    """All places do the same work: as many attempts, and as much computing."""
    work = work_of(20, wait=wait, compute=compute, failure_rate=0.3)
    here, there = (run(work, one, 3, retry=FIXED) for one in (place, "caller"))
    assert (here.attempts, here.failures) == (there.attempts, there.failures)
    assert here.busy == pytest.approx(there.busy)


def test_the_same_seed_gives_the_same_run() -> None:
    """A run in virtual time is a function of its arguments."""
    work = work_of(50, wait=empirical([0.1, 0.2, 0.9]), failure_rate=0.3)
    assert run(work, "threads", 3, retry=FIXED, seed=4) == run(work, "threads", 3, retry=FIXED, seed=4)
    assert run(work, "threads", 3, retry=FIXED, seed=4) != run(work, "threads", 3, retry=FIXED, seed=5)
    assert run(evolve(work), "loop", 3, seed=4).attempts == run(work, "caller", 3, seed=4).attempts


def test_an_event_loop_tells_of_all_that_ended_in_its_turns() -> None:
    """An attempt that ends in the turn after another one's is told together with it, as the loop is stopped two turns later.

    Three of four calls end at 1 s, and the fourth, which had no place before, begins then and computes for nothing.
    """
    calls = {1: Call(1.0, 0.0, 0.0), 2: Call(1.0, 0.0, 0.0), 3: Call(1.0, 0.0, 0.0), 4: Call(0.0, 0.0, 0.0)}
    loop = MachineOrchestrator(lambda attempt, rate, places: calls[attempt.id], FREE["loop"], 3, 2.0)
    loop.open(OpenContext(run_id="r", worker_init=b""))
    for number in calls:
        loop.submit(Attempt(id=number, item=f"t:{number}", number=1, payload=b""))
    assert [one.id for one in loop.poll(5.0)] == [1, 2, 3, 4]
