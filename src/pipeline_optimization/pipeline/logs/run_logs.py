"""The logs of a run: messages about its events, and the log records of its tasks, wherever they run."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from pipeline_optimization.engine.attempt_log import AttemptLog, Labels, LogFacts, LogSettings
from pipeline_optimization.engine.clock import Clock, SystemClock
from pipeline_optimization.engine.log_origin import ORIGIN, process_here
from pipeline_optimization.engine.stopping import Stop
from pipeline_optimization.engine.tally import FailedItem
from pipeline_optimization.engine.work import Item
from pipeline_optimization.error_text import describe, encodable
from pipeline_optimization.masking import masked
from pipeline_optimization.pipeline.logs.labelling import Labelling
from pipeline_optimization.pipeline.logs.messages import LEVELS, message_of
from pipeline_optimization.pipeline.logs.thresholds import disabled_loggers, handlers, threshold_of, thresholds
from pipeline_optimization.plural import counted
from pipeline_optimization.types.events import RunEvent, TaskLogged

__all__ = ["Quarantine", "RunLogs"]

LOGGER = "pipeline_optimization.run"

Quarantine = Callable[[Item, FailedItem], None]
"""Takes an item that failed for good."""


class RunLogs:
    """Logs one run. While it goes on, each handler labels the records of tasks in this process. Nothing else of the program's logging changes.

    Attributes:
        settings: What workers must know.
        heard: The names of the events that are logged.
        warnings: What went wrong, for people.
    """

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._logger = logging.getLogger(LOGGER)
        # Without a handler, Python would write the warnings of a program that did not ask for them to standard error.
        self._nobody = logging.NullHandler()
        self._logger.addHandler(self._nobody)
        self._threshold = threshold_of(self._logger)
        self.settings = LogSettings(
            run=run_id,
            process=process_here(),
            origin=ORIGIN,
            thresholds=thresholds(),
            disabled=disabled_loggers(),
        )
        self.heard = frozenset(kind for kind, level in LEVELS.items() if level >= self._threshold)
        self.warnings: list[str] = []
        self._observing: Any = None
        self._clock: Clock = SystemClock()
        self._emit: Callable[[RunEvent], None] | None = None
        self._told = 0
        self._stop: Stop | None = None
        self._labelling = Labelling(run_id)
        self._handlers = handlers()
        for handler in self._handlers:
            handler.addFilter(self._labelling)

    def close(self) -> None:
        """Leave logging as it was."""
        self._logger.removeHandler(self._nobody)
        for handler in self._handlers:
            handler.removeFilter(self._labelling)

    def listen(self, observing: Any, clock: Clock) -> None:
        """Log the warnings of ``observing``, and tell it of the records of tasks, if it wants those."""
        self._observing, self._clock = observing, clock
        if TaskLogged.__name__ in observing.heard:
            self._emit = observing.emit
            self._labelling.keeps = True

    def accept(self, event: RunEvent) -> None:
        """Log an event."""
        level, message, of = message_of(event)
        self._log(level, message, **of)
        self._complain()

    def quarantining(self, quarantine: Quarantine) -> Quarantine:
        if self._threshold > logging.WARNING:
            return quarantine

        def told(item: Item, failed: FailedItem) -> None:
            error = failed.error
            where = f" ({failed.place})" if failed.place else ""
            what = f"{failed.item}{where} failed for good after {counted(failed.attempts, 'attempt')}: {error.type}: {error.message}"
            self._log(logging.WARNING, what, item=failed.item, attempt=failed.attempts)
            quarantine(item, failed)

        return told

    def take(self, log: AttemptLog, worker: str) -> None:
        """Hand on what an attempt logged: to handlers, if it ran in another process, and as events, if those are wanted."""
        for facts, known in log.records:
            labels = {"run": self._run_id, "worker": worker, **known}
            if not log.is_handled:
                self._handle({**labels, **facts})
            if self._emit is not None:
                self._emit(_event_of(facts, labels, self._clock.now()))
        if log.dropped:
            first = log.records[0][1] if log.records else {}
            item, attempt = first.get("item", ""), first.get("attempt", 0)
            what = f"{counted(log.dropped, 'record')} more of {item or 'an attempt'} {'was' if log.dropped == 1 else 'were'} dropped"
            self._log(logging.WARNING, what, item=item, attempt=attempt, worker=worker)

    def note(self, stop: Stop | None) -> None:
        """Log once that the run is stopping, and why. What is under way may take a while to end."""
        if stop is not None and self._stop is None:
            self._stop = stop
            self._log(logging.WARNING, f"Stopping: {stop.reason}")

    def _complain(self) -> None:
        warnings = () if self._observing is None else self._observing.warnings[self._told :]
        for warning in warnings:
            self._told += 1
            self._log(logging.WARNING, warning)

    def _log(self, level: int, message: str, **of: object) -> None:
        if level >= self._threshold:
            labels = {"item": "", "attempt": 0, "worker": "", **of, "run": self._run_id}
            text = encodable(masked(message))  # messages of errors and names of items may contain any text
            self._guarded(lambda: self._logger.log(level, "%s", text, extra=labels))

    def _handle(self, facts: LogFacts) -> None:
        logger = logging.getLogger(str(facts["name"]))
        if logger.isEnabledFor(facts["levelno"]):
            self._guarded(lambda: logger.handle(logging.makeLogRecord(dict(facts))))

    def _guarded(self, log: Callable[[], None]) -> None:
        """Log. An exception of one of the program's handlers does not end the run."""
        try:
            log()
        except Exception as error:  # noqa: BLE001 - whatever a handler raises
            if not self.warnings:
                self.warnings.append(f"A handler of log records raised {describe(error)}. Records may be missing.")


def _event_of(facts: LogFacts, labels: Labels, now: float) -> TaskLogged:
    return TaskLogged(
        run_id=str(labels["run"]),
        time=now,
        wall=float(facts["created"]),
        level=str(facts["levelname"]),
        logger=str(facts["name"]),
        message=masked(str(facts["msg"])),
        exception=masked(str(facts.get("exc_text") or "")),
        item=str(labels.get("item", "")),
        attempt=int(labels.get("attempt", 0)),
        worker=str(labels["worker"]),
        bundle=str(labels.get("bundle", "")),
    )
