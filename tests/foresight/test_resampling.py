"""Resampled times: about as many draws as observations, with calls that are slower than the slowest observed one now and then."""

from __future__ import annotations

from random import Random
from statistics import fmean

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from free_costs import FREE
from pipeline_optimization.builtin.retry_policies import NoRetry
from pipeline_optimization.foresight.costs import Machine
from pipeline_optimization.foresight.resampling import resampled
from pipeline_optimization.foresight.simulate import Configuration, predict, simulate
from pipeline_optimization.foresight.work import TaskWork, WorkModel
from pipeline_optimization.types.durations import Durations, LogNormal, constant, empirical

UNEQUAL = empirical([1.0, 2.0, 3.0, 5.0, 30.0])


def test_what_always_takes_the_same_time_stays_as_it_is() -> None:
    """Nothing was seen to differ."""
    assert resampled(constant(2.0), 5, Random(1)) == constant(2.0)


def test_a_slower_call_than_the_slowest_is_drawn_in_about_four_of_ten() -> None:
    """Half of the last fifth is beyond the slowest of five: at least one of five draws lies there in 1 - 0.9 ** 5, or 41 %, of all cases."""
    found = [resampled(UNEQUAL, 5, Random(seed)).most for seed in range(1000)]
    assert sum(most > 30.0 for most in found) == pytest.approx(410, abs=60)


def test_the_wider_the_slower_half_the_slower_the_slowest() -> None:
    """Times that hardly differ have no slow calls beside them."""
    even = empirical([10.0, 10.1, 10.2, 10.3, 10.4])
    assert max(resampled(even, 5, Random(seed)).most for seed in range(200)) < 11.5
    assert max(resampled(UNEQUAL, 5, Random(seed)).most for seed in range(200)) > 90.0


def test_most_observations_without_a_wait_have_no_slower_half() -> None:
    """A median of zero has no logarithm: then nothing is slower than the slowest."""
    found = [resampled(empirical([0.0, 0.0, 0.0, 1.0]), 4, Random(seed)) for seed in range(100)]
    assert max(one.most for one in found) == 1.0


@example(times=[1e-300, 1e-300, 1e6], number=3, seed=0)
@given(times=st.lists(st.floats(0, 1e6), min_size=1, max_size=30), number=st.integers(1, 50), seed=st.integers(0, 99))
def test_times_stay_times(times: list[float], number: int, seed: int) -> None:
    """Whatever was observed, no draw is below the fastest, and all are finite."""
    found = resampled(empirical(times), number, Random(seed))
    assert min(times) <= found.least <= found.most < float("inf")


def test_the_mean_hardly_changes() -> None:
    """Slower calls are rare, so on average much is as it was observed."""
    samples = empirical([1.0, 1.2, 1.5, 1.9, 2.5, 3.2])
    means = [resampled(samples, 6, Random(seed)).mean for seed in range(2000)]
    assert fmean(means) == pytest.approx(samples.mean, rel=0.05)


def test_most_runs_with_a_heavy_tail_lie_in_their_intervals() -> None:
    """A run whose end is its slowest call, predicted from a recording of as many other calls of the same service."""
    service, machine = LogNormal(0.03, 1.4), Machine(cores=2)
    configuration = Configuration(orchestrator="imagined", workers=32, retry=NoRetry(), retry_name="none")

    def work(wait: Durations, observed: int) -> WorkModel:
        return WorkModel(tasks={"call": TaskWork(wait=wait, observed=observed)}, source="call", items=40)

    def is_covered(seed: int) -> bool:
        random = Random(f"recording {seed}")
        recorded = empirical(service.at(random.random()) for _ in range(40))
        found = predict(work(recorded, 40), configuration, FREE["threads"], machine, seeds=range(8), typical=[0])
        seconds = simulate(work(service, 0), configuration, FREE["threads"], machine, seed=1000 + seed).seconds
        return found.low <= seconds <= found.high

    assert sum(map(is_covered, range(40))) >= 26  # 16 without draws beyond the slowest observed call
