"""What observers are told. Times are seconds of the engine's clock, whose origin means nothing."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from pipeline_optimization.types.attempts import ErrorRecord

__all__ = [
    "CheckpointSaved",
    "EngineEvent",
    "ItemFinished",
    "RunEvent",
    "RunFinished",
    "RunStarted",
    "TaskFailed",
    "TaskRetried",
]


@frozen(kw_only=True)
class RunStarted:
    """A run began; no attempt has been made yet."""

    run_id: str
    time: float
    orchestrator: str
    slots: int
    seed: int


@frozen(kw_only=True)
class TaskFailed:
    """An attempt ended in an error (``kind`` "error") or with its worker (``kind`` "lost")."""

    run_id: str
    time: float
    item: str
    task: str
    attempt: int
    kind: Literal["error", "lost"]
    error: ErrorRecord
    worker: str


@frozen(kw_only=True)
class TaskRetried:
    """An item will be tried again as attempt number ``attempt``, ``delay`` seconds from now."""

    run_id: str
    time: float
    item: str
    task: str
    attempt: int
    delay: float


@frozen(kw_only=True)
class ItemFinished:
    """An item reached its end: ``done``, ``failed`` for good, or ``poison`` (its workers keep dying)."""

    run_id: str
    time: float
    item: str
    task: str
    attempts: int
    status: Literal["done", "failed", "poison"]
    worker: str


@frozen(kw_only=True)
class CheckpointSaved:
    """Partial results were committed to a checkpoint store; ``items`` are finished and safe in it."""

    run_id: str
    time: float
    path: str
    items: int


@frozen(kw_only=True)
class RunFinished:
    """A run ended, whatever its outcome. ``stopped`` says what ended it early; empty where nothing did."""

    run_id: str
    time: float
    is_complete: bool
    is_interrupted: bool
    stopped: str = ""


EngineEvent = TaskFailed | TaskRetried | ItemFinished
"""What happens to items."""

RunEvent = RunStarted | EngineEvent | CheckpointSaved | RunFinished
"""All that observers are told."""
