"""The random numbers of foreseen runs: those of typical runs are even, and all depend on nothing but the seed, the task, the item and the attempt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from free_costs import FREE
from pipeline_optimization.builtin.retry_policies import FixedOptions, FixedPolicy, NoRetry
from pipeline_optimization.foresight.costs import Machine
from pipeline_optimization.foresight.draws import FAILURE, MOST_TOGETHER, NUMBER, EvenDraws, RandomDraws
from pipeline_optimization.foresight.simulate import Configuration, predict
from pipeline_optimization.foresight.work import TaskWork, WorkModel
from pipeline_optimization.types import RetryPolicy
from pipeline_optimization.types.durations import empirical


def even(items: int, failure_rate: float = 0.0, *, seed: int = 1, observed: int = 0) -> EvenDraws:
    return EvenDraws(seed, {"work": items}, {"work": failure_rate}, {"work": observed})


def chains(draws: EvenDraws, items: int, failure_rate: float, most: int) -> Counter[int]:
    """Return how many items fail at each attempt."""
    failed: Counter[int] = Counter()
    for item in range(1, items + 1):
        for attempt in range(1, most + 1):
            if draws.of("work", item, attempt)[FAILURE] >= failure_rate:
                break
            failed[attempt] += 1
    return failed


def configuration(retry: RetryPolicy) -> Configuration:
    return Configuration(orchestrator="imagined", workers=1, retry=retry, retry_name="imagined")


def predicted(work: WorkModel, retry: RetryPolicy) -> float:
    return predict(work, configuration(retry), FREE["caller"], Machine(cores=2), seeds=()).seconds


@settings(max_examples=50)
@given(items=st.integers(1, 300), seed=st.integers(0, 1000), observed=st.sampled_from([0, 5, 1000]))
def test_each_part_of_the_range_is_drawn_once(items: int, seed: int, observed: int) -> None:
    """Of ten items, each number lies in another tenth, and so for any number of items."""
    draws = even(items, seed=seed, observed=observed)
    for column in zip(*(draws.of("work", item, 1) for item in range(1, items + 1)), strict=True):
        assert sorted(int(share * items) for share in column) == list(range(items))


@settings(max_examples=50)
@given(items=st.integers(1, 300), failure_rate=st.sampled_from([0.1, 0.5, 0.9]), seed=st.integers(0, 1000))
def test_as_many_fail_as_should(items: int, failure_rate: float, seed: int) -> None:
    """The share of all items that fail at their first ``k`` attempts is the ``k``-th power of the failure rate, but for half an item at most."""
    failed = chains(even(items, failure_rate, seed=seed), items, failure_rate, 8)
    for attempt in range(1, 9):
        assert abs(failed[attempt] - items * failure_rate**attempt) <= 0.5 + 1e-9


@given(order=st.permutations(range(1, 41)))
def test_the_order_in_which_they_are_asked_for_changes_nothing(order: Sequence[int]) -> None:
    """Ways of running meet the attempts in different orders, and yet the same attempts."""
    asked, straight = even(40, 0.5), even(40, 0.5)
    found = {item: [asked.of("work", item, attempt) for attempt in (2, 1)] for item in order}
    assert found == {item: [straight.of("work", item, attempt) for attempt in (2, 1)] for item in range(1, 41)}


def test_many_items_are_drawn_in_parts_that_are_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more items than are kept, the numbers of the first ones are the same when they are needed once more."""
    monkeypatch.setattr("pipeline_optimization.foresight.draws.MOST_BLOCKS", 2)
    items = 4 * MOST_TOGETHER
    draws = even(items)
    first = draws.of("work", 1, 1)
    parts = Counter(int(draws.of("work", item, 1)[0] * MOST_TOGETHER) for item in range(1, items + 1))
    assert set(parts.values()) == {4}
    assert len(parts) == MOST_TOGETHER
    assert draws.of("work", 1, 1) == first
    assert all(len(draws.of("work", items + more, 1)) == NUMBER for more in (0, 1))


@pytest.mark.parametrize("draws", [RandomDraws(1), even(4, 0.5)])
def test_each_attempt_has_numbers_of_its_own(draws: RandomDraws | EvenDraws) -> None:
    """Also a third attempt of an item whose first ones do not fail by these numbers, as after a worker was lost."""
    found = [tuple(draws.of("work", item, attempt)) for item in range(1, 5) for attempt in range(1, 4)]
    assert len(set(found)) == len(found)
    assert all(len(numbers) == NUMBER and all(0 <= one < 1 for one in numbers) for numbers in found)


@settings(max_examples=20, deadline=None)
@given(waits=st.lists(st.floats(0.001, 1).map(lambda share: share**-1.5), min_size=20, max_size=200))
def test_a_run_is_predicted_to_take_as_long_as_it_did(waits: list[float]) -> None:
    """If it is made again as it was. With a heavy tail as well: a prediction is no mean over a few runs of which some have more slow calls than others."""
    work = WorkModel(
        tasks={"work": TaskWork(wait=empirical(waits), observed=len(waits))}, source="work", items=len(waits)
    )
    assert predicted(work, NoRetry()) == pytest.approx(sum(waits))


def test_failures_are_predicted_as_often_as_they_were_seen() -> None:
    """A hundred items of which a tenth of the attempts fails: ten fail, and one of these ten again."""
    task = TaskWork(wait=empirical([1.0]), failure_rate=0.1)
    work = WorkModel(tasks={"work": task}, source="work", items=100)
    retry = FixedPolicy(FixedOptions(attempts=20, delay=0.0))
    assert predicted(work, retry) == pytest.approx(111)
