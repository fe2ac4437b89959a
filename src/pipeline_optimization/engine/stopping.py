"""The reasons why a run ends before all its work is done."""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen

from pipeline_optimization.plural import counted
from pipeline_optimization.types import ErrorRecord

__all__ = ["Stop", "StopKind", "all_hang", "calls_hang"]

StopKind = Literal[
    "interrupted", "terminated", "hung_up", "cancelled", "deadline", "failure", "circuit_breaker", "abandoned"
]
"""In this order: a Ctrl-C, a SIGTERM, a terminal that was closed, the calling program, the deadline of the run, an item that failed for good,
a task of which all attempts fail, and workers or calls that all hang and cannot be ended."""


@frozen
class Stop:
    """Why a run ended early.

    Attributes:
        kind: The kind of reason.
        reason: The reason as part of a sentence, for people.
        error: The error that stopped the run, if one did.
        place: Where in the input the item with this error comes from.
    """

    kind: StopKind
    reason: str
    error: ErrorRecord | None = field(default=None, repr=False)
    place: str = field(default="", repr=False)

    @property
    def is_signal(self) -> bool:
        """Return whether a signal ended the run."""
        return self.kind in {"interrupted", "terminated", "hung_up"}

    def to_dict(self) -> dict[str, str]:
        """Return the kind and the reason as plain data."""
        return {"kind": self.kind, "reason": self.reason}


def all_hang(workers: int) -> Stop:
    """Return the reason to stop a run in which every worker hangs."""
    who, whom = ("the worker hangs", "it") if workers == 1 else (f"all {counted(workers, 'worker')} hang", "them")
    return Stop("abandoned", f"{who}, and this orchestrator cannot end {whom}")


def calls_hang(task: str) -> Stop:
    """Return the reason to stop a run in which as many calls of a task hang as its limit allows."""
    return Stop(
        "abandoned", f"as many calls of {task} hang as its limit allows at once, and this orchestrator cannot end them"
    )
