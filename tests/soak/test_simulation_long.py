"""The engine and generated pipelines against their adversaries, under very many seeds."""

from __future__ import annotations

import pytest

import engine_simulation
import pipeline_simulation
from soak_rounds import Bar, Rounds

pytestmark = pytest.mark.soak

SEEDS = 20_000
BLOCK = 500
MORE = 50


@pytest.mark.parametrize("first", range(0, SEEDS, BLOCK))
def test_seeds(first: int, bar: Bar, first_seed: int) -> None:
    """Every seed ends, and keeps every promise."""
    begin = first + SEEDS * (first_seed - 1)
    engine_simulation.check_seeds(begin, begin + bar(BLOCK))


@pytest.mark.parametrize("first", range(0, SEEDS, BLOCK))
def test_seeds_of_pipelines(first: int, bar: Bar, first_seed: int) -> None:
    """Every generated pipeline gives what plain Python gives."""
    begin = first + SEEDS * (first_seed - 1)
    pipeline_simulation.check_seeds(begin, begin + bar(BLOCK))


def test_more_seeds(rounds: Rounds) -> None:
    """So do seeds that nobody has seen, for as many minutes as there are."""
    for random in rounds(1):
        first = random.randrange(SEEDS, 1 << 40)
        engine_simulation.check_seeds(first, first + MORE)
        pipeline_simulation.check_seeds(first, first + MORE)
