"""Intervals of predicted times: nine of ten further runs should be in them, and none takes less than nothing."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_optimization.foresight.interval import NORMAL_95, chance_of, interval


@given(middle=st.floats(0.001, 1e6), chance=st.floats(0, 5), number=st.integers(0, 30), error=st.floats(0, 1))
def test_both_sides_are_equally_far_as_factors(middle: float, chance: float, number: int, error: float) -> None:
    """Half of a time and its double are equally wrong."""
    low, high = interval(middle, chance=chance, number=number, model_error=error)
    assert 0 <= low <= middle <= high
    assert math.sqrt(low * high) == pytest.approx(middle)


def test_without_chance_only_the_model_counts() -> None:
    """A model that is off by 4 % leaves 1.645 times as much open."""
    low, high = interval(10.0, chance=0.0, number=0, model_error=0.04)
    assert [math.log(high / 10), math.log(10 / low)] == pytest.approx([NORMAL_95 * 0.04] * 2)


def test_fewer_runs_leave_more_open() -> None:
    """Two runs hardly tell how much others differ."""
    highs = [interval(1.0, chance=0.1, number=number, model_error=0.0)[1] for number in (2, 5, 10, 20)]
    assert highs == sorted(highs, reverse=True)


@pytest.mark.parametrize(("seconds", "chance"), [((), 0), ((3,), 0), ((0, 5), 0), ((1, 1), 0), ((1, math.e), 2**-0.5)])
def test_chance_is_how_much_logarithms_differ(seconds: tuple[float, ...], chance: float) -> None:
    """One run, or one that takes no time, tells nothing."""
    assert chance_of(seconds) == pytest.approx(chance)


@pytest.mark.parametrize("number", [3, 5, 10])
def test_nine_of_ten_further_runs_are_inside(number: int) -> None:
    """Whatever the number of runs from which the interval was made, around their own middle."""
    random, inside, trials = Random(number), 0, 4000
    for _ in range(trials):
        logarithms = [random.gauss(0, 0.3) for _ in range(number)]
        middle = math.exp(sum(logarithms) / number)
        low, high = interval(middle, chance=chance_of([*map(math.exp, logarithms)]), number=number, model_error=0.0)
        inside += low <= math.exp(random.gauss(0, 0.3)) <= high
    assert inside / trials == pytest.approx(0.9, abs=0.015)
