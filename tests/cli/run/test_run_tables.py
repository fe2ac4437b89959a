"""The table of a run says what was done, in plain words."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from pipeline_optimization import Limits, Pipeline, Registry, RunReport, count_anagrams, run
from pipeline_optimization.cli.run.result_rows import ResultRows
from pipeline_optimization.cli.run.tables import print_anagrams, print_pipeline
from pipeline_optimization.engine.faults import FaultPlan, TaskFaults, fault_key
from pipeline_optimization.engine.virtual import VirtualOrchestrator
from pipeline_optimization.plural import counted


def table(report: RunReport) -> str:
    """Return what a user reads, with single spaces."""
    stream = io.StringIO()
    print_anagrams(report, [], [], stream, expectation="")
    return " ".join(stream.getvalue().split())


def seed_with(*fails: bool) -> int:
    """Return a seed under which the first attempts to filter the text "cat" fail or not, as told."""
    for seed in range(10_000):
        plan = FaultPlan(tasks={"filter_input": TaskFaults(0.2)}, seed=seed)
        if all(plan.draw("filter_input", fault_key("cat"), number).fails is f for number, f in enumerate(fails, 1)):
            return seed
    raise AssertionError(fails)


def test_a_retry_that_never_came_is_none(registry: Registry) -> None:
    """A run that ends while a retry is due made one attempt and no retry."""
    report = count_anagrams(
        "cat",
        faults="exercise",
        latency_scale=1.0,
        seed=seed_with(True),
        retry="fixed",
        retry_options={"delay": 100.0},
        limits=Limits(deadline=50.0),
        orchestrator=VirtualOrchestrator(),
        registry=registry,
    )
    assert (report.attempts, report.retries) == (1, 0)
    assert "attempts 1, of which 0 retries; 0 lost" in table(report)


def test_one_retry(registry: Registry) -> None:
    """One is singular."""
    report = count_anagrams(
        "cat",
        faults="exercise",
        latency_scale=1.0,
        seed=seed_with(True, False),
        limits=Limits(deadline=2.5),
        orchestrator=VirtualOrchestrator(),
        registry=registry,
    )
    assert report.retries == 1
    assert "of which 1 retry;" in table(report)


def test_what_was_taken_over_is_told(tmp_path: Path, registry: Registry) -> None:
    """The table of a resumed run says what it has from the checkpoint."""
    path = tmp_path / "run.checkpoint"
    first = count_anagrams("cat", checkpoint=path, registry=registry)
    assert "resumed" not in table(first)
    again = count_anagrams("cat", checkpoint=path, resume=True, registry=registry)
    told = table(again).replace(" ", "")
    assert f"resumed1itemofanearlierrun,takenoverfrom{path}" in told


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 retries"), (1, "1 retry"), (2, "2 retries"), (1234, "1,234 retries")]
)
def test_plurals(number: int, text: str) -> None:
    """A number stands with the form of its noun that goes with it."""
    assert counted(number, "retry", "retries") == text


def test_what_sets_the_floor(registry: Registry) -> None:
    """A run that only retried has a floor, too, so the table names delays beside waits."""
    report = count_anagrams(
        "cat",
        faults="exercise",
        latency_scale=1.0,
        seed=seed_with(True, False),
        orchestrator=VirtualOrchestrator(),
        registry=registry,
    )
    assert "(the least that simulated waits and retry delays allow)" in table(report)

    def fail_once(value: int) -> int:
        if not tried:
            tried.append(value)
            raise ValueError
        return value

    tried: list[int] = []
    pipeline = Pipeline("p").values(int).map(fail_once).count()
    options = {"attempts": 2, "delay": 5.0}
    again = run(pipeline, [1], orchestrator=VirtualOrchestrator(), retry="fixed", retry_options=options)
    assert again.summary.floor == pytest.approx(5000.0)
    stream = io.StringIO()
    print_pipeline(again, ResultRows.of(again.result, 10), [], stream)
    text = " ".join(stream.getvalue().split())
    assert "floor 5,000.0 ms (the least that simulated waits, retry delays, limits and rates allow)" in text
