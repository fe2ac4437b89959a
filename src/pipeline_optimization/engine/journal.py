"""Which faults an execution of a measured process meets, and the record of each call of a task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import frozen

from pipeline_optimization.engine.faults import FaultPlan, TaskFaults

__all__ = ["CallRecord", "Outcome", "Settings"]

Outcome = Literal["ok", "injected"]


@frozen(kw_only=True)
class Settings:
    """The faults of calls."""

    faults: str = "none"
    latency_scale: float = 0.0
    seed: int = 0
    case: str = ""

    def plan(self, tasks: Mapping[str, TaskFaults]) -> FaultPlan:
        """Return what happens to calls of these tasks, which misbehave as they declare."""
        return FaultPlan(
            tasks={name: faults.scaled(self.faults) for name, faults in tasks.items()},
            latency_scale=self.latency_scale,
            seed=self.seed,
            case=self.case,
        )


@frozen
class CallRecord:
    """One call of a stage: the drawn latency in seconds, and when it began and ended in nanoseconds (monotonic).

    ``policy`` is the label of the retry policy that the call was made under, empty where the project knows of none.
    """

    task: str
    key: str
    number: int
    outcome: Outcome
    latency: float
    began: int
    ended: int
    policy: str = ""
