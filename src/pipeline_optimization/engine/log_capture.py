"""Collects what tasks log in a worker process, so that the handlers of the parent get it, and no handler of the worker by mistake."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable
from contextvars import ContextVar
from typing import TYPE_CHECKING

from pipeline_optimization.engine.attempt_here import attempt_here
from pipeline_optimization.engine.attempt_log import AttemptLog, LogSettings
from pipeline_optimization.engine.log_origin import ORIGIN
from pipeline_optimization.engine.log_records import facts_of, labels_of

if TYPE_CHECKING:
    from pipeline_optimization.engine.worker_setup import Equipment

__all__ = ["LogCapture"]

_is_handing_back: ContextVar[bool] = ContextVar("is_handing_back", default=False)
"""Whether a capture hands its last records to the handlers of the process. The captures of other runs ignore them: records of the run that has
ended are not theirs, and records outside any attempt have met them already."""


class LogCapture(logging.Handler):
    """The handler of the root logger in a worker's process. It keeps records until an answer takes them along.

    The levels of the loggers are set as in the parent, so that records that nobody wants are not made.

    A process of a cluster may have handlers and levels of its own for other programs. They stay, with one exception: the level of the root
    logger becomes as low as the parent needs it. The process's own handlers then get these records, too, unless they have levels themselves.

    Several runs may use one process of a cluster at the same time, each with a capture. A logger then has the least level that any of
    them needs, and ``emit`` drops what its own parent does not want.

    A forked process has inherited the parent's handlers. They are removed, since the parent hands the records to the same handlers itself.

    Args:
        settings: How the parent logs.
        worker: The worker whose run the records belong to.
    """

    def __init__(self, settings: LogSettings, worker: Equipment) -> None:
        super().__init__()
        self._thresholds = settings.thresholds
        self._worker = worker
        self._strays: AttemptLog | None = None  # the records that the next answer of any attempt takes along
        self._threshold_by_name: dict[str, float] = dict.fromkeys(settings.disabled, math.inf)
        if settings.origin == ORIGIN:
            # This process was forked from the parent. Otherwise ORIGIN would be another one.
            _forget_handlers()
        others = _captures()
        # All captures of the process share it: for each logger, the level that it had before them, and the level that they have given it.
        self.changed_levels: dict[str, tuple[int, int]] = others[0].changed_levels if others else {}
        logging.root.addHandler(self)
        _set_levels(self.changed_levels)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record of the present attempt for its answer.

        The record goes with the next answer of any attempt if there is no present attempt, as in a thread that a task started, or if the answer
        of the present one is made already.
        """
        attempt = attempt_here.get()
        if _is_handing_back.get() or (attempt is not None and attempt.run_id != self._worker.run_id):
            return  # another run uses this process, too
        if record.levelno < self._threshold(record.name):
            return
        facts = facts_of(record)
        # The parent adds the name of the worker, which it knows from the completion.
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
        """Return the records that go with an answer: those of its attempt, and those that wait for the next answer of any attempt."""
        strays = self._take_strays() if self._strays is not None else None
        if log is None or strays is None:
            return log if strays is None else strays
        # The strays come on top: each of the two logs is bounded, so their sum is bounded as well.
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
        """Put the levels back. Records that no answer will take any more go to the handlers of this process, if it has any."""
        logging.root.removeHandler(self)
        _set_levels(self.changed_levels)
        if (strays := self._take_strays()) is not None:
            token = _is_handing_back.set(True)
            try:
                for facts, _ in strays.records:
                    logging.getLogger(str(facts["name"])).handle(logging.makeLogRecord(dict(facts)))
            finally:
                _is_handing_back.reset(token)
        super().close()

    def _threshold(self, name: str) -> float:
        """Return the least level of the records that the parent wants of a logger; infinity if the logger is disabled in the parent."""
        found = self._threshold_by_name.get(name)
        if found is None:
            found = self._threshold_by_name[name] = self.level_for(name)
        return found

    @property
    def named(self) -> Iterable[str]:
        """Return the names of the loggers to which the parent has given a level; the root logger's is empty."""
        return self._thresholds

    def level_for(self, name: str) -> int:
        """Return the level that a logger needs in this process: its own threshold, or that of the nearest logger above it that has one.

        A logger that is disabled in the parent needs a level all the same, since loggers below it inherit the level.
        """
        while name and name not in self._thresholds:
            name = name.rpartition(".")[0]
        return self._thresholds.get(name, logging.NOTSET)


def _captures() -> list[LogCapture]:
    return [one for one in logging.root.handlers if isinstance(one, LogCapture)]


def _set_levels(levels: dict[str, tuple[int, int]]) -> None:
    """Give the loggers the levels that the captures of this process need now. Put the levels back that none of them needs any more.

    A logger that has a level of its own in this process keeps it. The root logger always has one and is changed all the same. If the process
    has handlers there, its level is not raised.

    Args:
        levels: For each logger that was changed, the level before and the level now. It is brought up to date.
    """
    captures = _captures()
    for name in {*levels, *(name for one in captures for name in one.named)}:
        logger = logging.getLogger(name)
        before, ours = levels.get(name, (logger.level, logger.level))
        if logger.level != ours:
            continue  # a task has set another level meanwhile, which stays
        if not any(name in one.named for one in captures):
            logger.setLevel(before)
            del levels[name]
        elif logger is logging.root or not before:
            least = min(one.level_for(name) for one in captures)
            if logger is logging.root and len(logger.handlers) > len(captures):
                least = min(least, before)
            levels[name] = (before, least)
            logger.setLevel(least)


def _forget_handlers() -> None:
    """Remove all handlers and levels that this process has inherited by its fork."""
    manager = logging.Logger.manager
    for logger in (logging.root, *manager.loggerDict.values()):
        # Python puts placeholders there for loggers that exist only as parts of the names of others.
        if isinstance(logger, logging.Logger):
            logger.handlers.clear()
            logger.disabled, logger.propagate = False, True
            logger.setLevel(logging.WARNING if logger is logging.root else logging.NOTSET)
    logging.disable(logging.NOTSET)
