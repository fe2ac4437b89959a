"""Long runs, of which only a part is run in virtual time."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from free_costs import FREE
from pipeline_optimization.builtin.retry_policies import FixedOptions, FixedPolicy, NoRetry
from pipeline_optimization.engine.interruption import Interrupter
from pipeline_optimization.foresight.costs import Machine, OrchestratorCosts
from pipeline_optimization.foresight.passage import Passage
from pipeline_optimization.foresight.simulate import Configuration, Prediction, predict, simulate
from pipeline_optimization.foresight.work import FollowUp, TaskWork, WorkModel
from pipeline_optimization.types import ErrorRecord, RetryPolicy
from pipeline_optimization.types.durations import Quantiles, constant

NONE, FIXED = NoRetry(), FixedPolicy(FixedOptions(attempts=3, delay=1.0))


def configuration(workers: int = 4, retry: RetryPolicy = NONE) -> Configuration:
    return Configuration(orchestrator="imagined", workers=workers, retry=retry, retry_name="none")


def of(task: TaskWork, items: int) -> WorkModel:
    return WorkModel(tasks={"work": task}, source="work", items=items)


def run(work: WorkModel, retry: RetryPolicy) -> Passage:
    return simulate(work, configuration(retry=retry), FREE["threads"], Machine(cores=2), seed=1)


def foreseen(
    work: WorkModel, costs: OrchestratorCosts = FREE["threads"], *, workers: int = 4, retry: RetryPolicy = NONE
) -> Prediction:
    return predict(work, configuration(workers, retry), costs, Machine(cores=2), seeds=[1], most_attempts=400)


@pytest.mark.parametrize(("retry", "failures"), [(NONE, 49), (FIXED, 48)])
def test_a_run_of_which_every_attempt_fails_ends_as_early_as_its_part(retry: RetryPolicy, failures: int) -> None:
    """What ends a run whose task always fails ends it after as many attempts whatever the number of items; the last failure ends no item."""
    work = of(TaskWork(wait=constant(1.0), failure_rate=1.0), 10_000)
    found, whole = foreseen(work, retry=retry), run(work, retry=retry)
    assert (found.failures, found.attempts, found.seconds) == (whole.failures, whole.attempts, whole.seconds)
    assert found.failures == failures
    assert "all failed" in found.stopped


class Counting(FixedPolicy):
    """Counts how often a run asks whether a failure is tried again."""

    asked = 0

    def retries(self, error: ErrorRecord) -> bool:
        self.asked += 1
        return super().retries(error)


def test_work_without_times_is_foreseen_in_part() -> None:
    """A hundred thousand elements of which only a rate of failures is known cost the driver's time, and few of them are run."""
    tasks = {
        "input": TaskWork(is_bundled=True, follow_ups=(FollowUp(task="fetch", share=1.0),)),
        "fetch": TaskWork(failure_rate=0.1, errors={"OSError": 1}),
    }
    work = WorkModel(tasks=tasks, source="input", items=1, elements=100_000)
    policy = Counting(FixedOptions(attempts=3, delay=0.0))
    found = foreseen(work, OrchestratorCosts(place="threads", driver=0.001), retry=policy)
    assert found.attempts == pytest.approx(111_000, rel=0.03)
    assert found.seconds == pytest.approx(0.001 * found.attempts, rel=0.03)
    assert 0 < policy.asked < 200
    assert foreseen(work).seconds == 0


def test_the_longest_of_many_is_foreseen() -> None:
    """One call in ten thousand takes 50 seconds: 100,000 calls have it, though the few that are run in virtual time do not."""
    rare = Quantiles(((0.0, 0.01), (0.99989, 0.01), (0.9999, 50.0), (1.0, 50.0)))
    found = foreseen(of(TaskWork(wait=rare), 100_000), workers=1000)
    assert found.floor >= 50
    assert found.seconds >= found.floor


@pytest.fixture
def interrupter() -> Iterator[None]:
    """Handle SIGINT as the command line does."""
    before = signal.signal(signal.SIGINT, Interrupter())
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interrupter")
def test_a_signal_ends_the_foresight_and_not_the_run_that_it_foresees() -> None:
    """A Ctrl-C in a run in virtual time is no end of that run, whose figure would be wrong."""

    class Striking(FixedPolicy):
        def retries(self, error: ErrorRecord) -> bool:
            os.kill(os.getpid(), signal.SIGINT)
            return True

    work = of(TaskWork(wait=constant(1.0), failure_rate=0.5), 100)
    with pytest.raises(KeyboardInterrupt):
        run(work, Striking(FixedOptions()))
