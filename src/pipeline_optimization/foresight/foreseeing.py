"""Foresees a run under many configurations, and says what to use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from attrs import evolve

from pipeline_optimization.foresight.advice import Advice, advise
from pipeline_optimization.foresight.candidates import Candidate
from pipeline_optimization.foresight.costs import Machine, OrchestratorCosts
from pipeline_optimization.foresight.outside import outside_of_work
from pipeline_optimization.foresight.simulate import Prediction, predict
from pipeline_optimization.foresight.what_if import faster
from pipeline_optimization.foresight.work import WorkModel

__all__ = ["foresee", "foresee_each", "gains", "runs_for"]

MOST_ATTEMPTS = 2000
"""Attempts of a run in virtual time where many are compared; longer ones are told from the pace in the middle of one of that length."""

ALL_ATTEMPTS = 10_000
"""Attempts of all random runs in virtual time of one configuration, if there are not too few of these: short runs are made with more seeds."""


def runs_for(work: WorkModel) -> int:
    """Return how many runs in virtual time are made for each way of running."""
    return len(_typical_for(work)) + len(_seeds_for(work))


def _seeds_for(work: WorkModel) -> Sequence[int]:
    """Return the seeds of random runs: five, and up to twenty where that is quick. How much few runs differ tells little of how much others would."""
    return range(round(min(20.0, max(5.0, _as_quick(work)))))


def _typical_for(work: WorkModel) -> Sequence[int]:
    """Return the seeds of typical runs: up to seven of a short run, in which the delays before retries are still chance, and one of a run of many attempts."""
    return range(round(min(7.0, max(1.0, _as_quick(work) / 2))))


def _as_quick(work: WorkModel) -> float:
    """Return how many runs in virtual time of this work have ``ALL_ATTEMPTS`` together."""
    return ALL_ATTEMPTS / max(1.0, sum(work.attempts().values()))


def foresee_each(
    work: WorkModel,
    candidates: Sequence[Candidate],
    costs: Mapping[str, OrchestratorCosts],
    machine: Machine,
    *,
    tick: Callable[[], object] = lambda: None,
) -> Sequence[Prediction]:
    """Return what the run takes under each candidate, in their order. ``costs`` are those of orchestrators by name."""
    return [
        predict(
            work,
            one.configuration,
            costs[one.configuration.orchestrator],
            machine,
            seeds=_seeds_for(work),
            typical=_typical_for(work),
            most_attempts=MOST_ATTEMPTS,
            tick=tick,
        )
        for one in candidates
    ]


def foresee(
    work: WorkModel,
    candidates: Sequence[Candidate],
    costs: Mapping[str, OrchestratorCosts],
    machine: Machine,
    *,
    seen_workers: int | None = None,
    tick: Callable[[], object] = lambda: None,
) -> Advice:
    """Return what to use for a run.

    Args:
        work: What the run consists of.
        candidates: The configurations to choose from, the simplest first; at least one.
        costs: What their orchestrators cost, by name.
        machine: Where the run is made.
        seen_workers: How many workers the run had that showed the work; None where none did.
        tick: Called after each run in virtual time.
    """
    predictions = [
        evolve(one, extrapolated=[*one.extrapolated, *outside_of_work(work, one.configuration, seen_workers)])
        for one in foresee_each(work, candidates, costs, machine, tick=tick)
    ]
    return advise(predictions, arguments=[one.arguments for one in candidates], work=work)


def gains(
    work: WorkModel, prediction: Prediction, costs: Mapping[str, OrchestratorCosts], machine: Machine
) -> Mapping[str, Sequence[float]]:
    """Return, for each task, what the run would take in a prediction's configuration if the task were faster (``SPEEDS``)."""
    configuration = prediction.configuration

    def seconds_of(changed: WorkModel) -> float:
        found = predict(
            changed,
            configuration,
            costs[configuration.orchestrator],
            machine,
            seeds=(),  # they tell of the interval only
            typical=_typical_for(work),
            most_attempts=MOST_ATTEMPTS,
        )
        return found.seconds

    return faster(work, seconds_of)
