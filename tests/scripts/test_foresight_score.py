"""``hatch run foresight``: what it says of predictions and of choices."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from attrs import evolve

from foresight_score.functions import PIPELINES
from foresight_score.held_against import held_against, number_of_runs
from foresight_score.kinds import Kind, Way, draw_kinds, short_kinds, values_of, ways_for
from foresight_score.lenient import disturbed_sentence, lenient_score
from foresight_score.measuring import Case, Made, Probe
from foresight_score.picture import draw
from foresight_score.printing import as_data, as_markdown
from foresight_score.scoring import Best, Taken, chance_alone, fitting_model_error, score
from free_costs import FREE
from pipeline_optimization import Registry, run
from pipeline_optimization.builtin.retry_policies import NoRetry
from pipeline_optimization.engine.faults import TaskFaults
from pipeline_optimization.engine.virtual import VirtualOrchestrator
from pipeline_optimization.foresight.candidates import known_places
from pipeline_optimization.foresight.profiled import profiled
from pipeline_optimization.foresight.simulate import Configuration, Prediction
from pipeline_optimization.types.durations import constant


def case(workers: int, foreseen: float, seconds: float, *, width: float = 0.1) -> Case:
    prediction = Prediction(
        configuration=Configuration(orchestrator="threaded", workers=workers, retry=NoRetry(), retry_name="none"),
        seconds=foreseen,
        low=foreseen * (1 - width),
        high=foreseen * (1 + width),
        attempts=1.0,
        failures=0.0,
        busy_cores=1.0,
        floor=0.0,
        bound="waits",
        share=1.0,
    )
    way = Way(orchestrator="threaded", workers=workers, retry="none")
    return Case(
        kind="waiting",
        way=way,
        prediction=prediction,
        made=Made(seconds=seconds, processor=0.5),
        foreseen_processor=0.6,
    )


def taken(by: str, seconds: float) -> Taken:
    return Taken(kind="waiting", retry="none", by=by, way="threaded, 4", seconds=seconds)


def disturbed(one: Case) -> Case:
    return evolve(one, made=evolve(one.made, delayed=one.seconds / 2), is_comparable=False)


def test_figures_of_a_score() -> None:
    """Errors are shares of the measured time, intervals cover or do not, and regret is against the best that was measured."""
    good, late, early = case(1, 2.0, 2.0), case(2, 1.2, 1.0), case(4, 0.99, 1.1)
    assert math.isnan(good.error_with_same_draws)
    found = score([good, late, early], [taken("advise", 1.1), taken("auto", 1.25)])
    assert [bar.found for bar in found.bars] == ["10.0%", "20.0%", "33% of 3", "10.0%", "10.0%", "25.0%", "25.0%"]
    assert [bar.holds for bar in found.bars] == [False, False, False, False, True, False, False]
    assert [one.best.way for one in found.regrets] == ["threaded, 2", "threaded, 2"]
    same = evolve(late, same_draws=evolve(late.prediction, seconds=1.04))
    assert [bar.found for bar in score([good, same], []).bars] == ["4.0%", "4.0%", "10.0%", "20.0%", "50% of 2"]


def test_good_predictions_hold_all_bars() -> None:
    """Nineteen of twenty runs inside their intervals, with small errors and the best choice: every bar holds."""
    cases = [case(1 + number, 1.0, 1.0 + number / 1000) for number in range(19)]
    cases.append(case(20, 1.12, 1.0, width=0.02))
    assert all(bar.holds for bar in score(cases, [taken("auto", 1.0)]).bars)


def missed(cases: list[Case], *choices: Taken) -> list[str]:
    return [bar.claim for bar in lenient_score(cases, choices).bars if not bar.holds]


def test_a_broken_model_misses_the_lenient_bars() -> None:
    """Times that are off by a factor, intervals that never cover, a choice that costs seconds and processor times that are wrong are seen."""
    good = [case(number, 1.0, 1.0 + number / 50) for number in range(1, 7)]
    assert missed(good, taken("auto", 2.9)) == []
    wrong = [case(1, 4.0, 1.0), *good]
    assert missed(wrong) == ["measured times are outside of their intervals by a factor of 3 at most"]
    late = [case(number, 1.0, 1.8) for number in range(1, 7)]
    assert missed(late) == ["and of 1.5 in the median", "90 % intervals cover at least 25% of runs"]
    assert missed(good, taken("auto", 3.2)) == ["waiting: auto takes at most 2 times as long as the best way, and 1 s"]
    busy = [evolve(one, foreseen_processor=2.0) for one in good]
    assert missed(busy) == ["predicted processor times, with 0.05 s more each, are off by a factor of 2 at most"]


def test_a_busy_machine_misses_no_lenient_bar() -> None:
    """Times that other programs disturbed are not compared, nor is a choice against them, and a sentence says so; processor times are."""
    cases = [disturbed(case(number, 1.0, 20.0)) for number in range(1, 5)]
    assert missed(cases, taken("auto", 90.0)) == []
    assert len(lenient_score(cases, []).bars) == 1
    assert disturbed_sentence(cases).startswith("The machine is loaded: in 4 of 4 runs the program had to wait")
    assert disturbed_sentence([case(1, 1.0, 1.0)]) == ""
    assert missed([evolve(one, foreseen_processor=9.0) for one in cases]) == [
        "predicted processor times, with 0.05 s more each, are off by a factor of 2 at most"
    ]


def test_what_chance_alone_makes() -> None:
    """If runs differ by 10 % from draw to draw, a perfect model is off by 20 % now and then (1.96 standard deviations); if they do not, by nothing."""
    sure, uncertain = case(1, 1.0, 1.0), case(2, 1.0, 1.0)
    uncertain = evolve(uncertain, prediction=evolve(uncertain.prediction, chance=0.1))
    assert chance_alone([sure]) == 0.0
    assert chance_alone([uncertain]) == pytest.approx(0.196, rel=0.1)
    assert 0.1 < chance_alone([sure, uncertain]) < chance_alone([uncertain])


def test_the_model_error_that_fits() -> None:
    """With it, nine of ten intervals would have covered what was measured, and with a smaller one fewer; chance keeps its part of them."""
    sure = [case(number, 1.0, math.exp(0.01 * number), width=0.0) for number in range(1, 11)]
    width = 1.645 * 0.04  # of the model error alone
    exact = [evolve(one, prediction=evolve(one.prediction, high=math.exp(width))) for one in sure]
    assert fitting_model_error(exact) == pytest.approx(0.09 / 1.645)
    by_chance = [evolve(one, prediction=evolve(one.prediction, high=math.exp(math.hypot(width, 0.2)))) for one in sure]
    assert fitting_model_error(by_chance) == 0.0


def test_what_is_written() -> None:
    """Markdown has the bars and a line for each kind of work, and data all runs with what was taken."""
    cases = [case(1, 2.0, 2.0), case(2, 1.2, 1.0)]
    found = score(cases, [taken("auto", 1.0)])
    cases[1] = evolve(cases[1], same_draws=evolve(cases[1].prediction, seconds=1.04))
    found = score(cases, [taken("auto", 1.0)])
    text = as_markdown(cases, found, seed=7, share=0.1)
    assert "2 runs, seed 7, predicted from a run of 10% of the elements." in text
    assert "| recorded with other draws, median error of the predicted time at most 5 % | 10.0% (missed) |" in text
    assert "| waiting | 2 | 4.0% | 4.0% | 10.0% | 20.0% | 0.0% | 1 of 2 |" in text
    data = as_data(cases, found, seed=7)
    assert data["fitting_model_error"] == fitting_model_error(cases)
    assert data["taken"] == [
        {"kind": "waiting", "retry": "none", "by": "auto", "way": "threaded, 4", "seconds": 1.0, "is_comparable": True, "against": None,
         "best": "threaded, 2", "best_seconds": 1.0, "regret": 0.0}
    ]  # fmt: skip


def test_the_short_form() -> None:
    """It has work that waits, each kind in at least two ways, and one that computes; none is run one after the other but the latter."""
    kinds = short_kinds(draw_kinds(1))
    assert [kind.name for kind in kinds if kind.computes] == ["computing"]
    assert len(kinds) == 5
    ways = {kind.name: [way.orchestrator for way in ways_for(kind, is_short=True)] for kind in kinds}
    assert ways["waiting"] == ["threaded", "asyncio"]
    assert ways["computing"] == ["sequential", "multiprocess"]


@pytest.mark.parametrize(
    ("is_short", "delayed", "comparable"), [(True, 0.0, True), (True, 0.4, False), (False, 0.4, False)]
)
def test_a_kind_of_work_is_foreseen_and_run(
    is_short: bool, delayed: float, comparable: bool, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each way is run once, and so is ``auto``; what is foreseen from a probe that other programs disturbed is not comparable.

    In the long form, ``auto`` and its best two rivals have a run that takes ten seconds.
    """
    kind = next(one for one in draw_kinds(1) if one.name == "waiting")
    work = profiled({"fetch": TaskFaults(latency=constant(0.01))}, 60)
    begun, elements = list[tuple[str, int]](), kind.elements

    def runs(kind: Kind, way: Way, *, seed: int) -> Made:
        begun.append((way.orchestrator, kind.elements))
        seconds = 2.0 if way.orchestrator == "sequential" else 0.4 + 0.1 * kind.elements / elements
        return Made(seconds=seconds, choice="asyncio" if way.orchestrator == "auto" else "")

    monkeypatch.setattr("foresight_score.held_against.real_run", runs)
    recorded: list[int] = []

    def probe(kind: Kind, *, seed: int, share: float) -> Probe:
        recorded.append(seed)
        return Probe(work=work, made=Made(seconds=1.0, delayed=delayed))

    monkeypatch.setattr("foresight_score.held_against.probe", probe)
    monkeypatch.setattr(
        "foresight_score.measuring.costs_here", lambda registry, name: FREE[known_places(registry)[name]]
    )
    ticks: list[None] = []
    cases, choices = held_against(kind, registry, seed=1, share=0.1, is_short=is_short, tick=lambda: ticks.append(None))
    ways = [way.orchestrator for way in ways_for(kind, is_short=is_short)]
    assert len(ticks) == len(ways) + (2 if is_short else 3) == number_of_runs(kind, is_short=is_short)
    assert begun[: len(ways)] == [(name, kind.elements) for name in ways]
    if is_short:
        assert begun[len(ways) :] == [("auto", kind.elements)]
    else:
        # Twenty times the elements take 2.4 seconds, as most of the short run was its end.
        long = round(20 * elements * 10 / 2.4)
        longer = [("threaded", 20 * elements), ("threaded", long), ("threaded", long), ("auto", long)]
        assert begun[len(ways) :] == longer
        assert choices[-1].against == Best(way="threaded, 2", seconds=choices[-1].seconds)
    assert {case.is_comparable for case in cases} == {comparable}
    assert [one.by for one in choices] == (["auto"] if is_short else ["advise", "auto"])
    assert all(case.foreseen_processor >= 0 for case in cases)
    assert all((case.same_draws is None) == is_short for case in cases)
    assert recorded == ([1] if is_short else [2, 1])  # the runs have seed 1


def test_kinds_of_work_are_drawn_from_a_seed() -> None:
    """The same seed draws the same work, another one other work, so predictions cannot be fitted to it; there are sixty ways at least."""
    assert draw_kinds(1) == draw_kinds(1)
    assert all(a != b for a, b in zip(draw_kinds(1), draw_kinds(2), strict=True))
    assert sum(len(ways_for(kind, is_short=False)) for kind in draw_kinds(1)) >= 60


@pytest.mark.parametrize("kind", draw_kinds(3), ids=lambda kind: kind.name)
def test_work_can_be_run(kind: Kind) -> None:
    """Each kind of work is a run that ends well under its faults; here in virtual time, some elements of it."""
    values = values_of(kind.value / 1000, kind.spread, 50, seed=1)
    report = run(PIPELINES[kind.pipeline], values, orchestrator=VirtualOrchestrator(4), faults=kind.faults, seed=1)
    assert report.elements == 50
    assert report.runtime > 0 or not kind.tasks


def test_picture(tmp_path: Path) -> None:
    """The picture has a point for each run."""
    draw([case(1, 2.0, 2.1), case(2, 1.0, 1.0)], tmp_path / "scatter.svg")
    text = (tmp_path / "scatter.svg").read_text()
    assert "predicted seconds" in text
    assert text.count('aria-roledescription="point"') == 2
