"""One run in virtual time, and what kept it from ending sooner."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Literal

from attrs import frozen

from pipeline_optimization.foresight.costs import Machine, OrchestratorCosts

__all__ = ["Bound", "Passage", "bound_of"]

Bound = Literal["waits", "cores", "one worker", "lock", "driver", "one item", "limit", "start-up"]
"""What keeps a run from ending sooner; ``lock`` is Python's interpreter lock, ``one item`` the longest chain of attempts and delays, and ``limit``
how many calls of a task are allowed at once or in a period."""


@frozen(kw_only=True)
class Passage:
    """One run in virtual time. All times are in seconds; ``failures`` are items that failed for good, ``stopped`` is what ended it early."""

    seconds: float
    attempts: int
    failures: int
    floor: float
    quota_floor: float
    busy: float
    driver: float
    waited: float
    held: float
    stopped: str = ""


def bound_of(
    passages: Sequence[Passage], costs: OrchestratorCosts, workers: int, machine: Machine
) -> tuple[Bound, float]:
    """Return what takes the largest share of the time; of equals the first, which is the hardest to change."""
    seconds = fmean(one.seconds for one in passages)
    if not seconds:
        return "waits", 0.0
    workers = 1 if costs.place == "caller" else workers
    driver, busy = fmean(one.driver for one in passages), fmean(one.busy for one in passages)
    lock: Bound = "lock" if costs.place in {"threads", "loop"} else "cores"
    side_by_side = min(machine.cores, workers if costs.place == "processes" else 1.0)
    started = costs.opening(workers) + costs.closing(workers)
    shares: Sequence[tuple[Bound, float]] = (
        ("limit", fmean(one.quota_floor for one in passages)),
        ("one item", fmean(one.floor if one.floor > one.quota_floor else 0.0 for one in passages)),
        ("driver", driver / min(1.0, machine.cores)),
        (
            lock,
            (busy + fmean(one.held for one in passages) - (driver if costs.place == "processes" else 0.0))
            / side_by_side,
        ),
        ("start-up", started),
        ("waits", fmean(one.waited for one in passages) / workers),
    )
    name, share = max(shares, key=lambda one: round(min(1.0, one[1] / seconds), 2))
    if name == "cores" and workers == 1 < machine.cores:
        name = "one worker"
    return name, min(1.0, share / seconds)
