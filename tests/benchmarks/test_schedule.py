"""What a comparison runs, how often, and how long it says that the rest takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve, frozen

from pipeline_optimization.benchmarks.anagrams.cases import TextCase, benchmark_case
from pipeline_optimization.benchmarks.comparing import SampleKey, Step
from pipeline_optimization.benchmarks.contenders import Contender
from pipeline_optimization.benchmarks.results import ContenderRecord, Execution, Problem, Results, Sample
from pipeline_optimization.benchmarks.session import compare
from pipeline_optimization.benchmarks.settings import ComparisonSettings
from pipeline_optimization.cli.compare.command import compare as compare_command
from pipeline_optimization.cli.compare.options import collect

SMALL, MEDIUM = (benchmark_case(name, "mixed", latency_scale=0.02) for name in ("small", "medium"))
COMPUTING = evolve(benchmark_case("small", "cpu", latency_scale=0.0), words=50, kind="plugin")


@frozen
class Imagined:
    """Samples that were not taken: they last as ``seconds`` says, and went as ``goes_well`` says."""

    seconds: Callable[[SampleKey], float]
    goes_well: Callable[[SampleKey], bool]

    def get(self, key: SampleKey) -> Sample:
        case, profile, kind, round_, contender = key
        is_good = self.goes_well(key)
        executions = [
            Execution(kind="warm", wall_ms=100.0, is_correct=is_good, words=5, predicted=is_good) for _ in range(2)
        ]
        return Sample(
            contender=contender,
            case=case,
            profile=profile,
            kind=kind,  # type: ignore[arg-type]
            round=round_,
            order_index=0,
            started_s=0.0,
            executions=executions,
            problems=[] if is_good else [Problem(code="exhausted_retries")],
            wall_s=self.seconds(key),
        )


def contender(name: str, kind: Any = "plugin") -> Contender:
    return Contender(name=name, kind=kind, source=name, record=ContenderRecord(name=name, kind=kind, source=name))


def compared(
    *cases: TextCase,
    names: str = "ab",
    files: str = "",
    seconds: Callable[[SampleKey], float] = lambda key: 1.0,
    goes_well: Callable[[SampleKey], bool] = lambda key: True,
    **settings: Any,
) -> tuple[Results, list[Step]]:
    """Compare imaginary contenders in no time; return the results and the steps that were shown."""
    steps: list[Step] = []
    chosen = ComparisonSettings(
        cases=cases, reference="a", seed=1, workers=1, timeout=1.0, command="", **{"rounds": None} | settings
    )
    results = compare(
        [*map(contender, names), *(contender(name, "file") for name in files)],
        chosen,
        keep=lambda sample: pytest.fail("no sample is taken here"),
        show=steps.append,
        known=Imagined(seconds, goes_well),  # type: ignore[arg-type]
    )
    return results, steps


def rounds(results: Results) -> dict[str, int]:
    return {f"{case.profile} {case.case}": case.rounds for case in results.cases}


def test_a_budget_is_divided_by_what_cases_need() -> None:
    """Every case has as many rounds as all of them can have, however long one of them takes."""

    def seconds(key: SampleKey) -> float:
        return 4.0 if key[0] == "medium" else 1.0

    results, _ = compared(SMALL, MEDIUM, seconds=seconds, time_budget=150.0, least_rounds=8, most_rounds=30)
    # The warm-up takes 2 s, a round of both cases 10, and each of two memory rounds is reckoned as 12.5.
    assert rounds(results) == {"mixed small": 12, "mixed medium": 12}
    assert sum(sample.wall_s for sample in results.samples) <= 150.0
    kinds = Counter((sample.case, sample.kind) for sample in results.samples)
    assert kinds["small", "warm_up"] == 2
    assert kinds["medium", "warm_up"] == 0
    assert kinds["medium", "timed"] == 24


def test_rounds_stay_within_their_bounds() -> None:
    """There are never fewer rounds than it takes to tell anybody apart, nor more than asked for."""
    little, _ = compared(SMALL, MEDIUM, time_budget=1.0, least_rounds=8, most_rounds=30)
    much, _ = compared(SMALL, MEDIUM, time_budget=10_000.0, least_rounds=8, most_rounds=30)
    fixed, _ = compared(SMALL, MEDIUM, rounds=5)
    assert set(rounds(little).values()) == {8}
    assert set(rounds(much).values()) == {30}
    assert set(rounds(fixed).values()) == {5}
    assert Counter(sample.kind for sample in fixed.samples) == {"warm_up": 2, "timed": 20, "memory": 4}


def test_results_have_no_say_in_rounds() -> None:
    """The same durations give the same number of rounds, whatever came out."""

    def is_lucky(key: SampleKey) -> bool:
        return hash(key[3]) % 2 == 0

    plan: dict[str, Any] = {"time_budget": 60.0, "least_rounds": 6, "most_rounds": 30}
    good, _ = compared(SMALL, MEDIUM, **plan)
    mixed, _ = compared(SMALL, MEDIUM, **plan, goes_well=is_lucky)
    assert rounds(good) == rounds(mixed)


def test_the_hopeless_are_not_run_for_ever() -> None:
    """Who got through nothing in the warm-up and two rounds is not run again; one success keeps a contender in."""

    def goes_well(key: SampleKey) -> bool:
        return key[4] == "a" or (key[4] == "b" and key[2:4] == ("timed", 2))

    results, _ = compared(SMALL, names="abc", goes_well=goes_well, rounds=9)
    runs = Counter(sample.contender for sample in results.samples if sample.kind == "timed")
    assert runs == {"a": 9, "b": 9, "c": 2}


def test_some_cases_are_of_some_contenders() -> None:
    """A case for plugins leaves files out, unless there are only files."""
    results, _ = compared(SMALL, COMPUTING, files="x", rounds=2)
    assert {sample.contender for sample in results.samples_of("small", "cpu")} == {"a", "b"}
    assert {sample.contender for sample in results.samples_of("small", "mixed")} == {"a", "b", "x"}
    files_only, _ = compared(COMPUTING, names="", files="ax", rounds=2)
    assert {sample.contender for sample in files_only.samples} == {"a", "x"}


def test_the_time_left_is_what_is_left() -> None:
    """Where all samples take as long, each step says how long the rest takes; the last step leaves one sample."""
    results, steps = compared(SMALL, MEDIUM, seconds=lambda key: 2.0, rounds=4, memory_rounds=0)
    assert steps[0].seconds_left is None
    assert [step.seconds_left for step in steps[1:]] == [2.0 * left for left in range(len(results.samples) - 1, 0, -1)]
    assert {step.planned for step in steps} == {len(results.samples)}
    assert [step.done for step in steps] == list(range(len(results.samples)))


def measured(*arguments: str) -> dict[str, str | None]:
    """Return the cases that a comparison with these arguments measures, with the only kind of contenders in each."""
    context = compare_command.make_context("compare", ["--seed", "1", *arguments])
    options = collect(dict(context.params))
    return {f"{case.profile} {case.name}": case.kind for case in options.cases(adds_computing=True)}


def test_what_is_measured_where_nothing_is_named() -> None:
    """All cases, and the orchestrators at computing; files compute in the smallest case, or in one that is named."""
    mixed = {f"mixed {case}": None for case in ("small", "medium", "large")}
    computing = {"cpu small": None, "cpu medium": "plugin", "cpu large": "plugin"}
    assert measured() == {**mixed, "cpu small": "plugin"}
    assert measured("--iterations", "5") == measured()
    assert measured("--test-case", "all") == measured("--profile", "mixed") == mixed
    assert measured("--profile", "cpu") == computing
    assert measured("--profile", "cpu", "--test-case", "large") == {"cpu large": None}
    assert measured("--faults", "none") == measured()
    assert measured("--scan", "workers=1..2") == {"mixed workers=1": None, "mixed workers=2": None}
