"""Makes runs in programs of their own, and foresees them from a probe."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from foresight_score.kinds import Kind, Way
from pipeline_optimization.foresight.calibrate import costs_here, this_machine
from pipeline_optimization.foresight.candidates import Candidate, candidates, option_of
from pipeline_optimization.foresight.costs import OrchestratorCosts
from pipeline_optimization.foresight.foreseeing import foresee_each
from pipeline_optimization.foresight.observed import observed
from pipeline_optimization.foresight.simulate import Prediction
from pipeline_optimization.foresight.work import WorkModel
from pipeline_optimization.registry import Registry

__all__ = ["Case", "Foreseen", "Made", "Probe", "foresee_ways", "probe", "real_run"]

LEAST_OBSERVED = 20
"""The least number of elements that a prediction is made from."""

DISTURBED = 0.05
"""The share of a run's time in which its program may wait for a processor; a run that had to wait longer was disturbed by other programs."""


@frozen(kw_only=True)
class Made:
    """A run that was made.

    Args:
        seconds: What it took.
        processor: The seconds of processors that it used, those of its workers included.
        delayed: The seconds in which its main thread was ready, and other programs had the processor.
        choice: What ``auto`` has chosen in it.
    """

    seconds: float
    processor: float = 0.0
    delayed: float = 0.0
    choice: str = ""

    @property
    def is_disturbed(self) -> bool:
        return self.delayed > DISTURBED * self.seconds


@frozen(kw_only=True)
class Case:
    """A run that was foreseen and made.

    Args:
        kind: The kind of its work.
        way: How it was run.
        prediction: What was foreseen of it, from a recording with other failures, latencies and values; in the short form with the same ones.
        same_draws: What was foreseen of it from a recording with the same ones; None in the short form.
        made: What it took.
        foreseen_processor: The seconds of processors that it was foreseen to use, those of its start included.
        is_comparable: Whether its time may be held against the prediction, since other programs disturbed neither it nor the probe.
    """

    kind: str
    way: Way
    prediction: Prediction
    made: Made
    foreseen_processor: float = 0.0
    is_comparable: bool = True
    same_draws: Prediction | None = None

    @property
    def seconds(self) -> float:
        return self.made.seconds

    @property
    def error(self) -> float:
        """Return by what share of the measured time the predicted one is too long; negative where it is too short."""
        return self.prediction.seconds / self.seconds - 1

    @property
    def error_with_same_draws(self) -> float:
        """Return the same for the prediction from a recording with the same draws; NaN if there is none."""
        return math.nan if self.same_draws is None else self.same_draws.seconds / self.seconds - 1

    @property
    def factor(self) -> float:
        """Return by what factor the measured time lies outside of the interval; 1 if it is covered."""
        return max(1.0, self.prediction.low / self.seconds, self.seconds / self.prediction.high)

    @property
    def is_covered(self) -> bool:
        return self.prediction.low <= self.seconds <= self.prediction.high


@frozen(kw_only=True)
class Probe:
    """A short run of a kind of work, and the model that was made of it."""

    work: WorkModel
    made: Made


def real_run(kind: Kind, way: Way, *, seed: int, elements: int | None = None, events: str | None = None) -> Made:
    """Run a kind of work, or some elements of it, in a program of its own."""
    option = option_of(Registry.load().component("orchestrator", way.orchestrator))
    given = {
        "pipeline": kind.pipeline,
        "value": kind.value,
        "spread": kind.spread,
        "elements": kind.elements if elements is None else elements,
        "orchestrator": way.orchestrator,
        "options": {} if option is None else {option: way.workers},
        "retry": way.retry,
        "faults": kind.faults,
        "seed": seed,
        "events": events,
    }
    done = subprocess.run(
        [sys.executable, "-m", "foresight_score.one_run", json.dumps(given)],
        cwd=Path(__file__).parents[1],
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(done.stdout)
    if found["is_stopped"]:
        raise SystemExit(f"{kind.name}, {way}: the run was stopped")
    return Made(**{name: found[name] for name in ("seconds", "processor", "delayed", "choice")})


def probe(kind: Kind, *, seed: int, share: float) -> Probe:
    """Run a share of the elements one after the other, with the draws of a seed, and return what that shows."""
    way = Way(orchestrator="sequential", workers=1, retry=kind.retries[0])
    with tempfile.TemporaryDirectory() as directory:
        events = str(Path(directory) / "events.jsonl")
        made = real_run(kind, way, seed=seed, elements=max(LEAST_OBSERVED, round(kind.elements * share)), events=events)
        return Probe(work=observed(events).work.scaled(kind.elements), made=made)


@frozen(kw_only=True)
class Foreseen:
    """What was foreseen of a way of running; ``processor`` are the seconds of processors that it would use, those of its start included."""

    candidate: Candidate
    prediction: Prediction
    processor: float


def foresee_ways(registry: Registry, work: WorkModel, ways: Sequence[Way]) -> Sequence[Foreseen]:
    """Return what is foreseen of each way of running."""
    machine = this_machine()
    found: list[Candidate] = []
    for way in ways:
        found += candidates(
            registry,
            orchestrators=[way.orchestrator],
            workers=[way.workers],
            retries={way.retry: registry.retry_policy(way.retry).build()},
            cores=round(machine.cores),
        )
    costs = {name: costs_here(registry, name) for name in {way.orchestrator for way in ways}}
    predictions = foresee_each(work, found, costs, machine)
    return [
        Foreseen(
            candidate=one,
            prediction=prediction,
            processor=prediction.busy_cores * prediction.seconds
            + _start(costs[one.configuration.orchestrator], one, work),
        )
        for one, prediction in zip(found, predictions, strict=True)
    ]


def _start(costs: OrchestratorCosts, candidate: Candidate, work: WorkModel) -> float:
    """Return the seconds of processors that the start and the end of a run take."""
    workers = candidate.configuration.workers
    awaiting = costs.awaiting_start if work.is_awaited else 0.0
    return costs.opening(workers) + awaiting + costs.closing(workers)
