"""Whatever a job computes, ``execute`` runs it: the same faults, checkpoints and reports as for anagrams."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline_optimization.engine.faults import FaultSettings, TaskFaults
from pipeline_optimization.errors import CheckpointError
from pipeline_optimization.pipeline.plan import Executor, RunOptions, plan_run
from pipeline_optimization.pipeline.run import Progress, execute
from pipeline_optimization.registry import Registry
from square_job import SQUARE, SquareJob, SquareReport

NUMBERS = 200
SUM = sum(number**2 for number in range(NUMBERS))
FAULTS = FaultSettings(profile="exercise", latency_scale=0.0, seed=3)


def run(registry: Registry, options: RunOptions, *, numbers: int = NUMBERS, enough: int | None = None) -> SquareReport:
    """Run the job; with ``enough``, until so many items have ended."""
    shown: list[Progress] = []

    def plan_job(options: RunOptions, executor: Executor) -> SquareJob:
        return SquareJob(numbers=numbers, faults=options.faults.plan({SQUARE: TaskFaults(0.3, 0.0)}))

    report = execute(
        plan_run(registry, options, plan_job),
        [],
        registry,
        on_progress=shown.append,
        should_stop=lambda: enough is not None and shown[-1].items >= enough,
    )
    assert shown[0] == Progress(step="counting fingers")
    return report


def test_the_result_and_the_ledger_do_not_depend_on_the_orchestrator(registry: Registry) -> None:
    """Three orchestrators draw the same faults for a job that they know nothing of."""
    reports = [
        run(registry, RunOptions(orchestrator=name, faults=FAULTS))
        for name in ("sequential", "threaded", "multiprocess")
    ]
    assert {report.total for report in reports} == {SUM}
    (digest,) = {report.summary.ledger_digest for report in reports}
    assert digest
    for summary in (report.summary for report in reports):
        assert (summary.is_complete, summary.retries > 0, summary.tasks[SQUARE].items) == (True, True, NUMBERS)
        assert (summary.seed, summary.warnings) == (3, ("Squares grow.",))


@pytest.mark.parametrize("faults", [FaultSettings(), FAULTS])
def test_a_stopped_run_goes_on(registry: Registry, tmp_path: Path, faults: FaultSettings) -> None:
    """What is finished is not run again, and the sum is that of a whole run."""
    options = RunOptions(faults=faults, checkpoint=str(tmp_path / "run.checkpoint"), resume=True)
    first = run(registry, options, enough=NUMBERS // 2).summary
    assert first.stop is not None
    done = first.tasks[SQUARE].attempts - first.tasks[SQUARE].errors.total()
    assert 0 < done < NUMBERS
    second = run(registry, options)
    assert (second.total, second.summary.resumed_items) == (SUM, done)
    assert second.summary.is_complete


def test_a_checkpoint_of_another_job_is_refused(registry: Registry, tmp_path: Path) -> None:
    """The job's own facts are compared, and its remedy is told."""
    options = RunOptions(checkpoint=str(tmp_path / "run.checkpoint"), resume=True)
    run(registry, options)
    with pytest.raises(CheckpointError, match=r"the numbers was 200, and is 201\. They were 200: count to there\."):
        run(registry, options, numbers=NUMBERS + 1)


def test_failed_items_are_quarantined_and_tried_again(registry: Registry, tmp_path: Path) -> None:
    """Without retries some items fail for good; asked for again, they go on behind their last attempt."""
    options = RunOptions(faults=FAULTS, retry="none", checkpoint=str(tmp_path / "run.checkpoint"), resume=True)
    lacking = run(registry, options)
    assert 0 < lacking.summary.failures[SQUARE, "InjectedFault"] < NUMBERS
    again = RunOptions(faults=FAULTS, checkpoint=options.checkpoint, resume=True, retries_failed=True)
    whole = run(registry, again)
    assert (whole.total, whole.summary.is_complete) == (SUM, True)
