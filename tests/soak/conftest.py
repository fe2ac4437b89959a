"""How long a soak lasts, and where its seeds begin.

Each test has a bar: so many rounds, kills or inputs. CI takes a share of each with seeds of its own, so that it is another part
each time; ``hatch run soak`` takes all of it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from random import Random

import pytest

from soak_rounds import Bar, Rounds


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--minutes", type=float, default=0.0, help="go on with each test for so long, beyond its bar")
    parser.addoption("--rounds", type=int, default=0, help="how many rounds each test has, if that is beyond its bar")
    parser.addoption("--share", type=float, default=1.0, help="which share of its bar each test takes")
    parser.addoption("--first-seed", type=int, default=1, help="where the seeds of rounds begin")


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> Rounds:
    """Return a function that yields a seeded generator for each round: at least so many, and more if asked for."""
    until = time.monotonic() + 60.0 * request.config.getoption("--minutes")
    first = request.config.getoption("--first-seed")
    asked_for = request.config.getoption("--rounds")

    def make(least: int) -> Iterator[Random]:
        seed, least = first, max(least, asked_for)
        while seed < first + least or time.monotonic() < until:
            print(f"seed {seed}")  # pytest shows it when the round fails
            yield Random(seed)
            seed += 1

    return make


@pytest.fixture
def bar(request: pytest.FixtureRequest) -> Bar:
    """Return a function that takes the asked-for share of a number, rounded up."""
    share = request.config.getoption("--share")
    return lambda number: math.ceil(number * share)


@pytest.fixture
def first_seed(request: pytest.FixtureRequest) -> int:
    """Return the number that all seeds depend on."""
    seed = request.config.getoption("--first-seed")
    assert isinstance(seed, int)
    return seed
