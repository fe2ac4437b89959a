"""Takes what tasks log in a worker process, so that it reaches the handlers of the parent, and no others by mistake."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING

from pipeline_optimization.engine.attempt_here import attempt_here
from pipeline_optimization.engine.attempt_log import AttemptLog, LogSettings
from pipeline_optimization.engine.log_origin import ORIGIN
from pipeline_optimization.engine.log_records import facts_of, labels_of

if TYPE_CHECKING:
    from pipeline_optimization.engine.worker import Worker

__all__ = ["LogCapture"]


class LogCapture(logging.Handler):
    """Keeps records for one worker until an answer takes them along.

    It stands at the root of a process that is not the parent's. Levels are set as the parent has them, so that a record that nobody wants
    is not made. A process of a cluster may have handlers and levels of its own, which stay; a fork has those of the parent, and loses them,
    since the parent's handlers get the records from the parent.
    """

    def __init__(self, settings: LogSettings, worker: Worker) -> None:
        super().__init__()
        self._thresholds = settings.thresholds
        self._worker = worker
        self._strays: AttemptLog | None = None
        self._found: dict[str, float] = dict.fromkeys(settings.disabled, math.inf)
        self._before: dict[str, tuple[int, int]] = {}
        if settings.origin == ORIGIN:
            _forget_handlers()
        for name, least in settings.thresholds.items():
            self._set(logging.getLogger(name), least)
        logging.root.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record. One that comes from no attempt, such as from a thread that a task started, goes with the next answer."""
        attempt = attempt_here.get()
        if attempt is not None and attempt.run != self._worker.run:
            return  # of another run in this process
        if record.levelno < self._threshold(record.name):
            return
        facts = facts_of(record)
        # The parent knows by which name it calls this worker.
        labels = {} if attempt is None else labels_of(attempt, worker="")
        if attempt is None or attempt.is_answered:
            if self._strays is None:
                self._strays = AttemptLog()
            self._strays.add(facts, labels)
            return
        if attempt.log is None:
            attempt.log = AttemptLog()
        attempt.log.add(facts, labels)

    def take(self, log: AttemptLog | None) -> AttemptLog | None:
        """Return what goes with an answer: what its attempt has logged, and what strayed meanwhile."""
        strays = self._take_strays() if self._strays is not None else None
        if log is None or strays is None:
            return log if strays is None else strays
        log.records += strays.records
        log.dropped += strays.dropped
        return log

    def _take_strays(self) -> AttemptLog | None:
        self.acquire()
        try:
            strays, self._strays = self._strays, None
        finally:
            self.release()
        return strays

    def close(self) -> None:
        """Leave the process as it was. What no answer can take any more goes where records go that nobody handles."""
        logging.root.removeHandler(self)
        for name, (before, ours) in self._before.items():
            logger = logging.getLogger(name)
            if logger.level == ours:
                logger.setLevel(before)
        self._before.clear()
        strays = self._take_strays()
        for facts, _ in () if strays is None else strays.records:
            logging.getLogger(str(facts["name"])).handle(logging.makeLogRecord(dict(facts)))
        super().close()

    def _set(self, logger: logging.Logger, least: int) -> None:
        """Set the level of a logger that has none of its own here."""
        if logger is not logging.root and logger.level:
            return
        if logger is logging.root and logger.handlers:
            least = min(least, logger.level)
        self._before[logger.name if logger is not logging.root else ""] = (logger.level, least)
        logger.setLevel(least)

    def _threshold(self, name: str) -> float:
        """Return from which level on the parent wants records of a logger: as it said for it, or for the nearest one above."""
        found = self._found.get(name)
        if found is None:
            above = name
            while above and above not in self._thresholds:
                above = above.rpartition(".")[0]
            found = self._found[name] = self._thresholds.get(above, logging.NOTSET)
        return found


def _forget_handlers() -> None:
    manager = logging.Logger.manager
    for logger in (logging.root, *manager.loggerDict.values()):
        if isinstance(logger, logging.Logger):
            logger.handlers.clear()
            logger.disabled, logger.propagate = False, True
            logger.setLevel(logging.WARNING if logger is logging.root else logging.NOTSET)
    logging.disable(logging.NOTSET)
