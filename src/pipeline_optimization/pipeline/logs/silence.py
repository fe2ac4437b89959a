"""Whether a run's log records can reach anybody, and what stands for them otherwise: a program that never imports logging pays nothing for it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline_optimization.engine.attempt_log import AttemptLog, LogSettings
    from pipeline_optimization.engine.clock import Clock
    from pipeline_optimization.engine.stopping import Stop
    from pipeline_optimization.engine.tally import FailedItem
    from pipeline_optimization.engine.work import Item
    from pipeline_optimization.pipeline.logs.run_logs import RunLogs
    from pipeline_optimization.types.events import RunEvent

__all__ = ["Quarantine", "SilentLogs", "logs_of"]

Quarantine = Callable[["Item", "FailedItem"], None]


def logs_of(run_id: str) -> RunLogs | SilentLogs:
    """Return what logs a run."""
    if "logging" not in sys.modules:
        return SilentLogs()
    from pipeline_optimization.pipeline.logs.run_logs import RunLogs  # noqa: PLC0415 - logging takes a while to import

    return RunLogs(run_id)


class SilentLogs:
    """Does nothing at each place at which ``RunLogs`` logs."""

    settings: LogSettings | None = None
    heard: frozenset[str] = frozenset()
    warnings: Sequence[str] = ()

    def listen(self, observing: Any, clock: Clock) -> None:
        """Events may be told from now on, and what observers complain of."""

    def accept(self, event: RunEvent) -> None:
        """An event that is ``heard`` has happened."""

    def quarantining(self, quarantine: Quarantine) -> Quarantine:
        """Return what is to be told of each item that failed for good."""
        return quarantine

    def take(self, log: AttemptLog, worker: str) -> None:
        """An answer of a worker has brought what its attempt logged."""

    def note(self, stop: Stop | None) -> None:
        """The run goes on, or is stopping."""

    def close(self) -> None:
        """The run is over."""
