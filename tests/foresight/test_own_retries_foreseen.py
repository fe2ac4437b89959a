"""Tasks with a retry policy of their own keep it in predictions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from free_costs import FREE
from pipeline_optimization import Pipeline, Registry, run, task
from pipeline_optimization.builtin.retry_policies import NoRetry
from pipeline_optimization.engine.virtual import VirtualOrchestrator
from pipeline_optimization.foresight.costs import Machine
from pipeline_optimization.foresight.observed import Observation, observed
from pipeline_optimization.foresight.simulate import Configuration, Prediction, predict
from pipeline_optimization.foresight.work import WorkModel


def always_fails(value: int) -> int:
    raise ConnectionError("no service")


own = task(retry=("fixed", {"attempts": 3, "delay": 0.5}))(always_fails)
of_the_run = task(timeout=10.0)(always_fails)


def recorded(path: Path, step: Callable[[int], int], registry: Registry) -> Observation:
    """Return what a run of ten elements shows, none of which is tried again unless the step's own policy says so."""
    pipeline = Pipeline("p").values(int).map(step).sum()
    run(pipeline, range(10), events=path, retry="none", orchestrator=VirtualOrchestrator(1))
    return observed(str(path), registry)


def foreseen(work: WorkModel) -> Prediction:
    configuration = Configuration(orchestrator="imagined", workers=1, retry=NoRetry(), retry_name="none")
    return predict(work, configuration, FREE["threads"], Machine(cores=2), seeds=[1])


@pytest.mark.parametrize(("step", "attempts"), [(own, 30), (of_the_run, 10)])
def test_a_recording_tells_the_policies_of_tasks(
    step: Callable[[int], int], attempts: int, tmp_path: Path, registry: Registry
) -> None:
    """Ten elements that always fail have three attempts each under their own policy, and one under that of the run, which is ``none``."""
    seen = recorded(tmp_path / "events.jsonl", step, registry)
    assert not seen.notes
    prediction = foreseen(seen.work)
    assert prediction.attempts == pytest.approx(attempts, abs=1)  # and one that reads the values
    assert prediction.failures == 10


class Twice(NoRetry):
    """A policy that nothing is registered for."""

    def delays(self, random: Random) -> Iterator[float]:
        yield 0.0


def test_a_policy_that_is_an_object_is_told_to_be_unknown(tmp_path: Path, registry: Registry) -> None:
    """Events have its class's name only. The prediction has the policy of the run, and says so."""
    seen = recorded(tmp_path / "events.jsonl", task(retry=Twice())(always_fails), registry)
    (note,) = seen.notes
    assert note == (
        "The retry policy of 'always_fails', Twice, is none of those that are installed; here 'always_fails' has the retry policy of the run."
    )
    assert foreseen(seen.work).attempts == pytest.approx(10, abs=1)
