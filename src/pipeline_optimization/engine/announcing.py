"""What the engine tells observers, each kind of event in one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from pipeline_optimization.engine.clock import Clock
from pipeline_optimization.engine.work import Track
from pipeline_optimization.types import ErrorRecord, ItemFinished, TaskFailed, TaskRetried

__all__ = ["Announcer", "Emit", "EngineEvent"]

EngineEvent = TaskFailed | TaskRetried | ItemFinished
Emit = Callable[[EngineEvent], None]


class Announcer:
    """Makes events of what happens to items."""

    def __init__(self, emit: Emit, run_id: str, clock: Clock) -> None:
        self._emit = emit
        self._run_id = run_id
        self._clock = clock

    def failed(self, track: Track, error: ErrorRecord, kind: Literal["error", "lost"], worker: str) -> None:
        item = track.item
        self._emit(
            TaskFailed(
                run_id=self._run_id,
                time=self._clock.now(),
                item=item.name,
                task=item.task,
                attempt=track.number,
                kind=kind,
                error=error,
                worker=worker,
            )
        )

    def retried(self, track: Track, delay: float) -> None:
        item, now = track.item, self._clock.now()
        self._emit(
            TaskRetried(
                run_id=self._run_id, time=now, item=item.name, task=item.task, attempt=track.number, delay=delay
            )
        )

    def finished(self, track: Track, status: Literal["done", "failed", "poison"], worker: str) -> None:
        item = track.item
        self._emit(
            ItemFinished(
                run_id=self._run_id,
                time=self._clock.now(),
                item=item.name,
                task=item.task,
                attempts=track.number,
                status=status,
                worker=worker,
            )
        )
