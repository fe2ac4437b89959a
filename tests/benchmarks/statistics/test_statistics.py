"""What is said of samples follows from them, and no more is said than that."""

from __future__ import annotations

import math
from random import Random
from statistics import median

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from example_results import results, sample
from number_of_examples import examples
from pipeline_optimization.benchmarks.results import Execution, Problem, Results, Sample
from pipeline_optimization.benchmarks.statistics.intervals import mad, median_interval, ratio_interval
from pipeline_optimization.benchmarks.statistics.metrics import DIRECTIONS
from pipeline_optimization.benchmarks.statistics.ranking import holm, rank
from pipeline_optimization.benchmarks.statistics.summary import summarise
from pipeline_optimization.benchmarks.summary_row import SummaryRow

THREE = {"sequential": 200.0, "threaded": 100.0, "asyncio": 100.0}


def row(results_: Results, contender: str) -> SummaryRow:
    (found,) = [r for r in summarise(results_).summary if r.contender == contender]
    return found


def with_samples(results_: Results, *more: Sample) -> Results:
    return evolve(results_, samples=[*results_.samples, *more])


def codes(results_: Results) -> set[str]:
    return {warning.code for warning in summarise(results_).warnings}


@pytest.mark.parametrize(
    ("count", "ranks"), [(5, None), (6, (1, 6)), (8, (1, 8)), (9, (2, 8)), (12, (3, 10)), (20, (6, 15)), (30, (10, 21))]
)
def test_the_interval_lies_between_order_statistics(count: int, ranks: tuple[int, int] | None) -> None:
    """The ranks are those of the tables of the sign test."""
    values = list(range(1, count + 1))
    Random(1).shuffle(values)
    assert median_interval(values) == ranks


@pytest.mark.slow
def test_the_interval_covers_as_often_as_it_says() -> None:
    """Of 2,000 samples of 12 skewed values, at least 95 % have the true median in their interval."""
    random = Random(1)
    covered = 0
    for _ in range(2000):
        low, high = median_interval([random.expovariate(1.0) for _ in range(12)]) or (0.0, 0.0)
        covered += low <= math.log(2) <= high
    assert 0.94 < covered / 2000 < 0.98


@pytest.mark.slow
@given(st.lists(st.floats(0.1, 10), min_size=8, max_size=20), st.data())
def test_drift_that_hits_all_alike_changes_no_ratio(values: list[float], data: st.DataObject) -> None:
    """A factor common to a round leaves the paired ratios and their interval as they are."""
    factors = data.draw(st.lists(st.floats(0.5, 2), min_size=len(values), max_size=len(values)))
    references = [2.0] * len(values)
    plain = ratio_interval(values, references)
    drifted = ratio_interval([v * f for v, f in zip(values, factors, strict=True)], [2.0 * f for f in factors])
    assert drifted[0] == pytest.approx(plain[0])
    assert drifted[1] == pytest.approx(plain[1])


def test_mad() -> None:
    assert mad([1.0, 2.0, 3.0, 4.0, 100.0]) == 1.0


def test_holm() -> None:
    """The example of Holm's method: the smallest value times the number of tests, and never falling."""
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == {"a": 0.03, "c": 0.06, "b": 0.06}


def simulated(random: Random, factors: list[float], rounds: int) -> dict[str, list[float]]:
    common = [random.lognormvariate(0, 0.2) for _ in range(rounds)]
    return {f"c{i}": [c * f * random.lognormvariate(0, 0.03) for c in common] for i, f in enumerate(factors)}


@pytest.mark.parametrize(("contenders", "rounds"), [(2, 8), (7, 8), (8, 9), (12, 9), (14, 10)])
def test_nobody_is_tied_who_had_no_chance(contenders: int, rounds: int) -> None:
    """With fewer rounds not even a contender that is ten times slower in each could be told apart: no verdict."""
    values = {f"c{i}": [10.0 + i / 100] * rounds for i in range(contenders - 1)} | {"slow": [100.0] * rounds}
    random = Random(contenders)
    noisy = {name: [value * (1 + 0.005 * random.random()) for value in series] for name, series in values.items()}
    assert not rank(noisy, threshold=0.02)["slow"].is_tied
    if rounds > 8:
        assert rank({name: series[1:] for name, series in noisy.items()}, threshold=0.02) == {}


@pytest.mark.parametrize("rounds", [8, pytest.param(12, marks=pytest.mark.slow)])
def test_equals_are_seldom_told_apart(rounds: int) -> None:
    """Of 300 comparisons of five equal contenders, fewer than 8 % name anybody slower."""
    random = Random(rounds)
    alarms = 0
    for _ in range(300):
        standings = rank(simulated(random, [1.0] * 5, rounds), threshold=0.0)
        alarms += any(not s.is_tied for name, s in standings.items() if name != s.best)
    assert alarms / 300 < 0.08


def test_the_gate_halves_false_alarms() -> None:
    """Without the Friedman test before the others, 4.3 % of these comparisons of equals would name a difference."""
    random = Random(10)
    alarms = 0
    for _ in range(600):
        standings = rank(simulated(random, [1.0] * 4, 10), threshold=0.0)
        alarms += any(not s.is_tied for name, s in standings.items() if name != s.best)
    assert alarms / 600 < 0.03


def test_real_differences_are_found() -> None:
    """With 12 rounds and 3 % noise, a contender that is 15 % slower is named in nearly every comparison."""
    random = Random(5)
    found = 0
    for _ in range(100):
        standings = rank(simulated(random, [1.0, 1.0, 1.15], 12), threshold=0.02)
        found += not standings["c2"].is_tied
    assert found >= 95


def test_small_differences_count_as_none() -> None:
    """However sure a difference of 1 % is, it is below the practical threshold."""
    values = {"a": [100.0] * 12, "b": [101.0] * 12}
    assert rank(values, threshold=0.02)["b"].is_tied
    assert not rank(values, threshold=0.005)["b"].is_tied


@examples(30)
@given(st.permutations(list(THREE)))
def test_order_does_not_matter(names: list[str]) -> None:
    """The order in which contenders are listed changes no verdict."""
    random = Random(3)
    values = {name: [THREE[name] * random.lognormvariate(0, 0.02) for _ in range(12)] for name in THREE}
    expected = rank(values, threshold=0.02)
    assert rank({name: values[name] for name in names}, threshold=0.02) == expected


def test_verdicts() -> None:
    """The fastest is best, its equal is tied, and the others are slower; marks follow."""
    summary = {r.contender: r for r in summarise(results(THREE)).summary}
    assert sorted([summary["threaded"].verdict, summary["asyncio"].verdict]) == ["best", "tied"]
    assert summary["sequential"].verdict == "slower"
    assert "runtime_ms" not in summary["sequential"].marks
    assert {summary[name].marks["runtime_ms"] for name in ("threaded", "asyncio")} == {"leading", "tied"}
    assert summary["sequential"].marks["memory_peak_mib"] == "leading"
    assert summary["threaded"].ratio == pytest.approx(0.5, rel=0.05)
    low, high = summary["threaded"].ratio_interval or (0.0, 0.0)
    assert low < 0.5 < high


def test_seven_rounds_are_too_few() -> None:
    """Below 8 rounds there are values, but no verdict, nothing that is certain, and one number of rounds that would tell."""
    done = summarise(results(THREE, rounds=7))
    assert {r.verdict for r in done.summary} == {"unranked"}
    assert {mark for r in done.summary for mark in r.marks.values()} == {"leading"}
    assert all(r.runtime_ms for r in done.summary)
    assert done.verdicts == []
    assert "8 would tell: --iterations 8." in done.recommendation.caveat
    assert done.warnings == []


@given(st.integers(2, 12), st.integers(1, 12))
@examples(30)
def test_the_best_seen_is_marked_in_any_case(contenders: int, rounds: int) -> None:
    """Each metric's best value has a mark, however few rounds there were."""
    done = summarise(results({f"c{i}": 100.0 + 10 * i for i in range(contenders)}, rounds=rounds))
    for metric, direction in DIRECTIONS.items():
        choose = min if direction == "lower" else max
        best = choose(getattr(r, metric) for r in done.summary)
        assert all(metric in r.marks for r in done.summary if getattr(r, metric) == best), metric


def test_all_equal() -> None:
    """Where nothing can be told apart, the sentence says so."""
    done = summarise(results({"a": 100.0, "b": 100.0, "c": 100.0}, noise=0.001))
    assert "no measurable difference between" in done.verdicts[0]
    assert sorted(r.verdict for r in done.summary) == ["best", "tied", "tied"]


@pytest.mark.parametrize(
    ("code", "verdict"), [("wrong_counts", "wrong"), ("timeout", "failed"), ("own_clock", "unranked")]
)
def test_one_fault_taints_the_row(code: str, verdict: str) -> None:
    """A fault in any sample, the warm-up's included, keeps a contender from every mark, and is given as reason."""
    tainted = sample("threaded", 0, 1.0, kind="warm_up", problems={code: "What was seen."})
    done = summarise(with_samples(results(THREE), tainted))
    summary = {r.contender: r for r in done.summary}
    assert summary["threaded"].verdict == verdict
    assert summary["threaded"].problems == [code]
    assert summary["threaded"].marks == {}
    assert "Seen once. What was seen." in summary["threaded"].reasons[0]
    assert summary["asyncio"].verdict == "best"


def test_a_note_changes_no_verdict() -> None:
    """What is only noted stands in the row, which is ranked as if it were not there."""
    noted = evolve(sample("asyncio", 0, 1.0, kind="warm_up"), notes=[Problem(code="wrote_to_stdout", text="12 bytes.")])
    document = results(THREE)
    done = summarise(with_samples(document, noted))
    row = {r.contender: r for r in done.summary}["asyncio"]
    assert [r.verdict for r in done.summary] == [r.verdict for r in summarise(document).summary]
    assert row.problems == []
    assert row.notes == ["It wrote to standard output. Seen once. 12 bytes."]


def test_failing_early_does_not_look_fast() -> None:
    """A contender that gave up after two rounds takes nothing from the others' rounds."""
    quitter = [
        sample("quitter", round_, 1.0, problems={"timeout": "Killed."}, exit_="timeout", order_index=9)
        for round_ in (1, 2)
    ]
    document = with_samples(results(THREE), *quitter)
    contenders = [*document.contenders, evolve(document.contenders[0], name="quitter")]
    summary = {r.contender: r for r in summarise(evolve(document, contenders=contenders)).summary}
    assert summary["quitter"].verdict == "failed"
    assert summary["quitter"].runtime_ms is None
    assert summary["quitter"].success_rate == 0.0
    assert summary["asyncio"].rounds == 12
    assert summary["asyncio"].verdict in {"best", "tied"}


def test_times_are_those_of_right_answers() -> None:
    """Wrong executions lower the success rate and the throughput, and do not enter the time."""
    document = results({"a": 100.0, "b": 100.0}, noise=0.0)
    wrong = Execution(kind="warm", wall_ms=1.0, is_correct=False, words=22, predicted=True)
    spoiled = [
        evolve(s, executions=[*s.executions, wrong]) if s.contender == "a" and s.kind == "timed" else s
        for s in document.samples
    ]
    summary = {r.contender: r for r in summarise(evolve(document, samples=spoiled)).summary}
    assert summary["a"].median_ms == summary["b"].median_ms
    assert summary["a"].success_rate == pytest.approx(45 / 57)
    assert summary["a"].expected_success_rate == 1.0
    assert (summary["a"].words_per_second or 0) < (summary["b"].words_per_second or 0)
    assert summary["a"].verdict == "failed"


def test_a_mean_of_process_medians() -> None:
    """One process is one value, however many executions it had."""
    document = results({"a": 100.0}, noise=0.0)
    found = row(document, "a")
    per_round = [median([e.wall_ms for e in s.warm]) for s in document.samples if s.kind == "timed"]
    assert found.runtime_ms == pytest.approx(sum(per_round) / 12)
    assert found.median_ms == pytest.approx(median(per_round))
    assert found.cpu_percent == pytest.approx(
        100
        * sum(s.cpu_s or 0 for s in document.samples if s.kind == "timed")
        / sum(s.cpu_wall_s or 0 for s in document.samples if s.kind == "timed")
    )


def test_summarising_twice_changes_nothing() -> None:
    once = summarise(results(THREE))
    assert summarise(once) == once


def test_a_quiet_run_gives_no_warning() -> None:
    assert codes(results(THREE, noise=0.005)) == set()


def test_one_contender_alone_is_not_called_noisy() -> None:
    """Its rounds have different texts and faults, and nobody shows what those explain."""
    assert codes(results({"a": 100.0}, noise=0.5)) <= {"skewed"}


def test_more_workers_than_cores_are_discouraged_only_for_computing() -> None:
    """Workers that wait do not compete, and more of them than cores are what such work needs."""
    quiet = results(THREE, noise=0.005)
    crowded = evolve(quiet, run=evolve(quiet.run, workers=9), machine={**quiet.machine, "cpus_allowed": "2"})
    assert [warning.text for warning in summarise(crowded).warnings if warning.code == "too_many_workers"] == [
        "9 workers on 2 cores compete with each other if they compute; --workers 2 avoids that."
    ]


def test_warnings() -> None:
    """Each condition that a reader should know of gives its warning, with a number and a remedy."""
    quiet = results(THREE, noise=0.005)

    def changed(**values: object) -> Results:
        return evolve(quiet, samples=[evolve(s, **values) for s in quiet.samples])  # type: ignore[arg-type]

    assert "busy_machine" in codes(changed(load1=3.0))
    assert "sampler_cost" in codes(changed(sampler_cpu_s=0.1))
    assert "noisy" in codes(results(THREE, noise=0.3))
    assert "too_many_workers" in codes(evolve(quiet, run=evolve(quiet.run, workers=9)))
    assert "short_latency" in codes(evolve(quiet, cases=[evolve(quiet.cases[0], latency_scale=0.01)]))
    assert "no_reference" in codes(evolve(quiet, run=evolve(quiet.run, reference="nobody")))
    late = [evolve(s, control_ms=20.0) if s.started_s > 30 else s for s in quiet.samples]
    assert "drift" in codes(evolve(quiet, samples=late))
    slowing = [
        evolve(s, executions=[evolve(e, wall_ms=e.wall_ms * (1 + 0.02 * s.round)) for e in s.executions])
        if s.contender == "asyncio"
        else s
        for s in quiet.samples
    ]
    assert "trend" in codes(evolve(quiet, samples=slowing))
    starting = [
        evolve(s, executions=[evolve(e, startup_ms=0.6 * e.wall_ms) for e in s.executions]) for s in quiet.samples
    ]
    assert "mostly_startup" in codes(evolve(quiet, samples=starting))
    assert row(evolve(quiet, samples=starting), "asyncio").startup_ms == pytest.approx(60.0, rel=0.1)
    outlier = [
        evolve(s, executions=[evolve(e, wall_ms=e.wall_ms * 30) for e in s.executions])
        if s.contender == "asyncio" and s.round == 4
        else s
        for s in quiet.samples
    ]
    assert {"outliers", "skewed"} <= codes(evolve(quiet, samples=outlier))
