"""Why a run ended before its work did."""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen

from pipeline_optimization.plural import counted
from pipeline_optimization.types import ErrorRecord

__all__ = ["Stop", "StopKind", "all_hang", "calls_hang"]

StopKind = Literal[
    "interrupted", "terminated", "hung_up", "cancelled", "deadline", "failure", "circuit_breaker", "abandoned"
]
"""A Ctrl-C, a SIGTERM, a terminal that went away, the calling program, the run's deadline, an item that failed for good, a
task that always fails, or workers or calls that all hang and cannot be ended."""


@frozen
class Stop:
    """The kind, and the reason as a sentence for people; ``error`` is the failure that stopped it, if one did, and ``place`` where."""

    kind: StopKind
    reason: str
    error: ErrorRecord | None = field(default=None, repr=False)
    place: str = field(default="", repr=False)

    @property
    def is_signal(self) -> bool:
        """Return whether somebody asked for it, rather than the run itself."""
        return self.kind in {"interrupted", "terminated", "hung_up"}

    def to_dict(self) -> dict[str, str]:
        """Return the kind and the reason as plain data."""
        return {"kind": self.kind, "reason": self.reason}


def all_hang(workers: int) -> Stop:
    """Return why a run stops in which every worker hangs."""
    who, whom = ("the worker hangs", "it") if workers == 1 else (f"all {counted(workers, 'worker')} hang", "them")
    return Stop("abandoned", f"{who}, and this orchestrator cannot end {whom}")


def calls_hang(task: str) -> Stop:
    """Return why a run stops in which as many calls of a task hang as its limit allows."""
    return Stop(
        "abandoned", f"as many calls of {task} hang as its limit allows at once, and this orchestrator cannot end them"
    )
