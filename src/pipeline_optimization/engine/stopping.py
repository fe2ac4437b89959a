"""The reasons why a run ends before all its work is done."""

from __future__ import annotations

from attrs import field, frozen

from pipeline_optimization.plural import counted
from pipeline_optimization.types import ErrorRecord
from pipeline_optimization.types.stop_kinds import SIGNALS, StopKind

__all__ = ["Stop", "StopKind", "stop_for_hanging_calls", "stop_for_hanging_workers"]


@frozen
class Stop:
    """Why a run ended early.

    Attributes:
        kind: The kind of reason.
        reason: The reason as part of a sentence, for people.
        error: The error of the last attempt, if the circuit breaker stopped the run. Other errors that stop a run are in the reason.
        place: Where in the input the item of this attempt comes from.
    """

    kind: StopKind
    reason: str
    error: ErrorRecord | None = field(default=None, repr=False)
    place: str = field(default="", repr=False)

    @property
    def is_signal(self) -> bool:
        """Return whether a signal ended the run."""
        return self.kind in SIGNALS

    def to_dict(self) -> dict[str, str]:
        """Return the kind and the reason as plain data."""
        return {"kind": self.kind, "reason": self.reason}


def stop_for_hanging_workers(workers: int) -> Stop:
    """Return the reason to stop a run in which abandoned attempts hold all slots. ``workers`` is how many such attempts there are."""
    who, whom = ("the worker hangs", "it") if workers == 1 else (f"all {counted(workers, 'worker')} hang", "them")
    return Stop("abandoned", f"{who}, and this orchestrator cannot end {whom}")


def stop_for_hanging_calls(task: str) -> Stop:
    """Return the reason to stop a run in which as many calls of a task hang as its limit allows."""
    return Stop(
        "abandoned", f"as many calls of {task} hang as its limit allows at once, and this orchestrator cannot end them"
    )
