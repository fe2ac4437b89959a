"""A baseline stops what is surely slower, and nothing else."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from attrs import evolve

from example_results import results
from pipeline_optimization.benchmarks.baselines import load_baseline, save_baseline
from pipeline_optimization.benchmarks.results import Results
from pipeline_optimization.benchmarks.statistics.gate import comparability, compare_with_baseline
from pipeline_optimization.benchmarks.statistics.summary import summarise
from pipeline_optimization.cli.compare.gate_table import print_gate
from pipeline_optimization.errors import UsageError


def measured(threaded: float, *, sequential: float = 200.0, rounds: int = 12, noise: float = 0.02) -> Results:
    times = {"sequential": sequential, "threaded": threaded}
    return summarise(results(times, rounds=rounds, noise=noise, seed=round(threaded)))


def outcome(now: Results, before: Results, *, threshold: float = 0.10) -> str:
    rows = compare_with_baseline(now, before, threshold=threshold)
    return next(row.outcome for row in rows if row.contender == "threaded")


def test_outcomes() -> None:
    """Surely slower by more than the threshold is a regression; what may be is inconclusive."""
    before = measured(100.0)
    assert outcome(measured(150.0), before) == "regression"
    assert outcome(measured(101.0), before) == "same"
    assert outcome(measured(70.0), before) == "improved"
    assert outcome(measured(115.0, noise=0.1), before) == "inconclusive"
    assert outcome(measured(150.0, rounds=7), before) == "not comparable"


def test_a_slower_machine_is_no_regression() -> None:
    """Times are compared as multiples of the reference's in the same run."""
    assert outcome(measured(200.0, sequential=400.0), measured(100.0)) == "same"
    rows = compare_with_baseline(measured(200.0, sequential=400.0), measured(100.0), threshold=0.1)
    assert {row.contender: row.basis for row in rows} == {
        "sequential": "milliseconds",
        "threaded": "relative to sequential",
    }


def test_other_machines_are_refused() -> None:
    """Each fact that differs is a reason, with both values."""
    before = measured(100.0)
    now = evolve(before, machine={**before.machine, "cpu": "Other CPU"}, run=evolve(before.run, workers=3))
    assert comparability(before, before) == []
    assert comparability(now, before) == [
        "cpu was 'Example CPU' and is 'Other CPU'",
        "the workers were 2 and are 3",
    ]
    retried = evolve(before, run=evolve(before.run, retry="exponential"))
    other_policy = evolve(before, run=evolve(before.run, retry="none"))
    assert comparability(other_policy, retried) == ["the retry policy was 'exponential' and is 'none'"]
    assert comparability(other_policy, before) == []  # a file from before policies were recorded
    other = evolve(before, cases=[evolve(before.cases[0], latency_scale=1.0)])
    assert comparability(other, before) == ["mixed · small had faults 'exercise' at latency scale 0.05"]


def test_variants_are_found_by_their_names() -> None:
    """Each variant is compared with the one of the same settings; one that the baseline lacks is not comparable."""
    names = ("asyncio retry=none", "asyncio retry=fixed", "asyncio retry=exponential")
    before = summarise(results(dict(zip(names[:2], (200.0, 100.0), strict=True)), seed=1))
    now = summarise(results(dict(zip(names, (200.0, 150.0, 50.0), strict=True)), seed=2))
    rows = {row.contender: row for row in compare_with_baseline(now, before, threshold=0.1)}
    assert {name: row.outcome for name, row in rows.items()} == {
        names[0]: "same",
        names[1]: "regression",
        names[2]: "not comparable",
    }
    assert rows[names[1]].basis == f"relative to {names[0]}"


def test_baselines_are_kept_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was kept is found again, by its name or its file, and what is missing is told with what there is."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"no baseline 'v1' .* Keep one with --save-baseline"):
        load_baseline("v1")
    path = save_baseline(measured(100.0), "v1")
    assert load_baseline("v1") == load_baseline(str(path))
    with pytest.raises(UsageError, match="There are: v1"):
        load_baseline("v2")
    with pytest.raises(UsageError, match="cannot be a baseline's name"):
        save_baseline(measured(100.0), "../v1")


def test_a_gate_tells_directions_in_words() -> None:
    """A regression takes so many times as long as the baseline, and an improvement is so many times as fast."""
    for now, words in (
        (150.0, r"threaded +mixed · small +1\.[45]\d times as long \[1\.\d\d–1\.\d\d\]"),
        (50.0, r"\d\.\d+ times as fast \[\d"),
    ):
        stream = StringIO()
        rows = compare_with_baseline(measured(now), measured(100.0), threshold=0.1)
        print_gate(rows, "v1", 0.1, stream)
        assert re.search(words, stream.getvalue()), stream.getvalue()
