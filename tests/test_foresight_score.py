"""``hatch run foresight``: what it says of predictions and of choices."""

from __future__ import annotations

from pathlib import Path

import pytest

from foresight_score.functions import PIPELINES
from foresight_score.kinds import Kind, Way, draw_kinds, ways_for
from foresight_score.measuring import Case
from foresight_score.picture import draw
from foresight_score.scoring import Taken, score
from pipeline_optimization import run
from pipeline_optimization.builtin.retry_policies import NoRetry
from pipeline_optimization.engine.virtual import VirtualOrchestrator
from pipeline_optimization.foresight.simulate import Configuration, Prediction


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
    return Case(kind="waiting", way=way, prediction=prediction, seconds=seconds)


def taken(by: str, seconds: float) -> Taken:
    return Taken(kind="waiting", retry="none", by=by, way="threaded, 4", seconds=seconds)


def test_figures_of_a_score() -> None:
    """Errors are shares of the measured time, intervals cover or do not, and regret is against the best that was measured."""
    good, late, early = case(1, 2.0, 2.0), case(2, 1.2, 1.0), case(4, 0.99, 1.1)
    found = score([good, late, early], [taken("advise", 1.1), taken("auto", 1.25)])
    assert [bar.found for bar in found.bars] == ["10.0%", "20.0%", "33% of 3", "10.0%", "10.0%", "25.0%", "25.0%"]
    assert [bar.holds for bar in found.bars] == [False, False, False, False, True, False, False]
    assert [one.best for one in found.regrets] == ["threaded, 2", "threaded, 2"]


def test_good_predictions_hold_all_bars() -> None:
    """Nineteen of twenty runs inside their intervals, with small errors and the best choice: every bar holds."""
    cases = [case(1 + number, 1.0, 1.0 + number / 1000) for number in range(19)]
    cases.append(case(20, 1.12, 1.0, width=0.02))
    assert all(bar.holds for bar in score(cases, [taken("auto", 1.0)]).bars)


def test_kinds_of_work_are_drawn_from_a_seed() -> None:
    """The same seed draws the same work, another one other work, so predictions cannot be fitted to it; there are sixty ways at least."""
    assert draw_kinds(1) == draw_kinds(1)
    assert all(a != b for a, b in zip(draw_kinds(1), draw_kinds(2), strict=True))
    assert sum(len(ways_for(kind, is_short=False)) for kind in draw_kinds(1)) >= 60


@pytest.mark.parametrize("kind", draw_kinds(3), ids=lambda kind: kind.name)
def test_work_can_be_run(kind: Kind) -> None:
    """Each kind of work is a run that ends well under its faults; here in virtual time, some elements of it."""
    report = run(PIPELINES[kind.pipeline], [0.0] * 50, orchestrator=VirtualOrchestrator(4), faults=kind.faults, seed=1)
    assert report.elements == 50
    assert report.runtime > 0 or not kind.tasks


def test_picture(tmp_path: Path) -> None:
    """The picture has a point for each run."""
    draw([case(1, 2.0, 2.1), case(2, 1.0, 1.0)], tmp_path / "scatter.svg")
    text = (tmp_path / "scatter.svg").read_text()
    assert "predicted seconds" in text
    assert text.count('aria-roledescription="point"') == 2
