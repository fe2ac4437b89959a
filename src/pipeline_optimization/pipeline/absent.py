"""Stand-ins for parts that a run can do without, so that the code need not ask whether they exist."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pipeline_optimization.engine.tally import FailedItem, Tally
from pipeline_optimization.engine.work import Item, Workload

if TYPE_CHECKING:
    from pipeline_optimization.engine.attempt_log import AttemptLog, LogSettings
    from pipeline_optimization.engine.clock import Clock
    from pipeline_optimization.engine.stopping import Stop
    from pipeline_optimization.pipeline.logs.run_logs import Quarantine
    from pipeline_optimization.types.events import RunEvent

__all__ = ["NoCheckpoint", "NoObservers", "SilentLogs"]


class SilentLogs:
    """Stands for ``RunLogs`` in a program that has not imported ``logging``."""

    settings: LogSettings | None = None
    heard: frozenset[str] = frozenset()
    warnings: Sequence[str] = ()

    def listen(self, observing: Any, clock: Clock) -> None:
        pass

    def accept(self, event: RunEvent) -> None:
        pass

    def quarantining(self, quarantine: Quarantine) -> Quarantine:
        return quarantine

    def take(self, log: AttemptLog, worker: str) -> None:
        pass

    def note(self, stop: Stop | None) -> None:
        pass

    def close(self) -> None:
        pass


class NoObservers:
    """Stands for the observers of a run that has none."""

    is_heard = False
    heard: frozenset[str] = frozenset()
    warnings: Sequence[str] = ()

    def emit(self, event: RunEvent) -> None:
        pass

    def tick(self) -> None:
        pass

    def close(self) -> None:
        pass


class NoCheckpoint:
    """Stands for the checkpoint of a run that has none. Nothing was kept, and nothing will be."""

    path = ""
    finished = 0
    resumed = 0
    is_due = False

    def __init__(self) -> None:
        self.failed = Tally()

    def keep(self, workload: Workload, kept: Callable[[bytes], bytes]) -> Workload:
        return workload

    def follow(self, run_id: str) -> str:
        return ""

    def deliveries(self) -> None:
        return None

    def stop_of(self, path: str, start: int) -> int | None:
        return None

    def quarantine(self, item: Item, failed: FailedItem) -> None:
        pass

    def commit(self, *, at_once: bool = False) -> bool:
        return False
