"""Scans find the law that made the times, and refuse to guess from too little."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from pipeline_optimization.benchmarks.statistics.scans import Dimension, scan_of
from similar_cases import some


def series(places: list[int], law: Callable[[int], float], *, rounds: int = 12) -> dict[float, list[float]]:
    random = Random(1)
    return {float(x): [law(x) * random.lognormvariate(0, 0.02) for _ in range(rounds)] for x in places}


@pytest.mark.parametrize("power", some([0.7, 1.0, 1.5], every=3))
def test_growth_is_found_beside_a_constant(power: float) -> None:
    """Start-up goes into the constant and not into the exponent, whose interval holds the true one."""
    sizes = [100, 400, 1600, 6400, 25600, 102400]
    scan = scan_of("c", "words", series(sizes, lambda n: 20.0 + 300.0 * (n / 102400) ** power), seed=1)
    low, high = scan.intervals["c"]
    assert low < power < high
    assert scan.parameters["c"] == pytest.approx(power, abs=0.1)
    assert scan.parameters["a"] == pytest.approx(20.0, rel=0.2)


def test_the_serial_fraction_is_found() -> None:
    """Amdahl's law gives speed-up, efficiency and the serial fraction."""
    scan = scan_of("c", "workers", series([1, 2, 3, 4], lambda w: 100.0 * (0.2 + 0.8 / w)), seed=1)
    low, high = scan.intervals["serial"]
    assert low < 0.2 < high
    assert scan.parameters["speedup"] == pytest.approx(2.5, rel=0.05)
    assert scan.parameters["efficiency"] == pytest.approx(0.625, rel=0.05)


@pytest.mark.parametrize(("dimension", "places"), [("words", [1, 2, 3, 4]), ("workers", [1, 2])])
def test_too_few_points_are_refused(dimension: Dimension, places: list[int]) -> None:
    scan = scan_of("c", dimension, series(places, float), seed=1)
    assert "cannot show a law" in scan.refusal
    assert not scan.parameters
    assert len(scan.points) == len(places)
