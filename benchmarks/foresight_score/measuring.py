"""Makes runs in programs of their own, and foresees them from a probe."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from attrs import frozen

from foresight_score.kinds import Kind, Way
from pipeline_optimization.foresight.calibrate import costs_here, this_machine
from pipeline_optimization.foresight.candidates import Candidate, candidates
from pipeline_optimization.foresight.foreseeing import foresee_each
from pipeline_optimization.foresight.observed import observed
from pipeline_optimization.foresight.simulate import Prediction
from pipeline_optimization.foresight.work import WorkModel
from pipeline_optimization.registry import Registry

__all__ = ["Case", "Made", "Probe", "foresee_ways", "probe", "real_run"]

PROBE_SHARE = 0.1
"""The share of the elements that a probe runs."""

OPTIONS: Mapping[str, str] = {"threaded": "workers", "asyncio": "concurrency", "multiprocess": "workers"}
"""What an orchestrator's option for its number of workers is called."""


@frozen(kw_only=True)
class Case:
    """A run that was foreseen and made. ``seconds`` are what it took."""

    kind: str
    way: Way
    prediction: Prediction
    seconds: float

    @property
    def error(self) -> float:
        """Return by what share of the measured time the predicted one is too long; negative where it is too short."""
        return self.prediction.seconds / self.seconds - 1

    @property
    def is_covered(self) -> bool:
        return self.prediction.low <= self.seconds <= self.prediction.high


@frozen(kw_only=True)
class Probe:
    """A short run of a kind of work: the model that was made of it, and the seconds that it took."""

    work: WorkModel
    seconds: float


@frozen(kw_only=True)
class Made:
    """A run that was made: the seconds that it took, and what ``auto`` has chosen in it."""

    seconds: float
    choice: str


def real_run(kind: Kind, way: Way, *, seed: int, elements: int | None = None, events: str | None = None) -> Made:
    """Run a kind of work, or some elements of it, in a program of its own."""
    given = {
        "pipeline": kind.pipeline,
        "value": kind.value,
        "elements": kind.elements if elements is None else elements,
        "orchestrator": way.orchestrator,
        "options": {OPTIONS[way.orchestrator]: way.workers} if way.orchestrator in OPTIONS else {},
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
    return Made(seconds=float(found["seconds"]), choice=found["choice"])


def probe(kind: Kind, *, seed: int) -> Probe:
    """Run a share of the elements one after the other, and return what that shows. Its seed is another one than that of the runs."""
    way = Way(orchestrator="sequential", workers=1, retry=kind.retries[0])
    with tempfile.TemporaryDirectory() as directory:
        events = str(Path(directory) / "events.jsonl")
        made = real_run(kind, way, seed=seed, elements=max(20, round(kind.elements * PROBE_SHARE)), events=events)
        return Probe(work=observed(events).work.scaled(kind.elements), seconds=made.seconds)


def foresee_ways(
    registry: Registry, work: WorkModel, ways: Sequence[Way], *, tick: Callable[[], object]
) -> Sequence[tuple[Candidate, Prediction]]:
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
    return list(zip(found, foresee_each(work, found, costs, machine, tick=tick), strict=True))
