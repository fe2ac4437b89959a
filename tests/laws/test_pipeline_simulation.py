"""Whatever pipeline it is, and whatever happens to it: a run gives what plain Python gives."""

from __future__ import annotations

import pytest

import pipeline_simulation
from generated_pipelines import Expected, Scenario

SEEDS, QUICK = 2_000, 500
"""The default run has a few of those of the long tests. The soak has 20,000, these among them."""

BLOCK = 250


@pytest.mark.parametrize(
    "first",
    [
        *range(0, QUICK, BLOCK),
        *(pytest.param(first, marks=pytest.mark.slow) for first in range(QUICK, SEEDS, BLOCK)),
    ],
)
def test_seeds(first: int) -> None:
    """The result is that of plain Python, each element is in it or quarantined once, and the ledger has each call once.

    So it is for any steps, end, input, chunk size, number of workers and faults, with losses, deaths, stops and crashes.
    """
    pipeline_simulation.check_seeds(first, first + BLOCK)


def test_seeds_differ() -> None:
    """The seeds cover results and nothing, failures and poison, losses, one life and many."""
    lives = [pipeline_simulation.run_scenario(Scenario.of(seed)) for seed in range(60)]
    reports = [reports[-1] for reports in lives]
    assert {bool(report.result) for report in reports} == {True, False}
    assert {failed.is_poison for report in reports for failed in report.failed_items} == {True, False}
    assert any(report.lost > 20 for report in reports)
    assert any(report.retries > 10 for report in reports)
    assert {1, 2} <= set(map(len, lives))
    assert len({type(report.result) for report in reports}) >= 3


def scenarios(number: int, *, with_deaths: bool) -> list[int]:
    """Return seeds of scenarios in which workers die, or in which none does, and something is done that needs no real time."""
    found = (
        seed
        for seed in range(10_000)
        if ("deadly" in Scenario.of(seed).steps) is with_deaths
        and "scarce" not in Scenario.of(seed).steps
        and Expected.of(Scenario.of(seed)).entries > 5
    )
    return [next(found) for _ in range(number)]


@pytest.mark.parametrize("orchestrator", ["sequential", "threaded", "asyncio"])
def test_real_orchestrators(orchestrator: str) -> None:
    """Result, failures and ledger are those of plain Python where attempts run in real threads and event loops, too."""
    for seed in scenarios(15, with_deaths=False):
        pipeline_simulation.check_on(orchestrator, seed)


@pytest.mark.parametrize("concurrency", [1, 2, 5])
def test_event_loops(concurrency: int) -> None:
    """So it is however few elements may await at once, in bundles or alone."""
    for seed in scenarios(40, with_deaths=False):
        pipeline_simulation.check_on("asyncio", seed, concurrency=concurrency)


@pytest.mark.parametrize("with_deaths", [False, True])
def test_real_processes(with_deaths: bool) -> None:
    """So it is where workers are processes, and where functions kill them."""
    for seed in scenarios(2, with_deaths=with_deaths):
        pipeline_simulation.check_on("multiprocess", seed, workers=2)
