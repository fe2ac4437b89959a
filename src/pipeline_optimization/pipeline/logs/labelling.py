"""Adds the attempt to log records of tasks that run in this process."""

from __future__ import annotations

import logging
import threading

from pipeline_optimization.engine.attempt_here import attempt_here
from pipeline_optimization.engine.attempt_log import AttemptLog
from pipeline_optimization.engine.log_records import facts_of, labels_of

__all__ = ["Labelling"]


class Labelling(logging.Filter):
    """A filter that lets all records pass. It labels records of this run's attempts, and keeps them for the attempt's answer if ``keeps`` is set.

    It is a filter of handlers, because a record made with these attributes would refuse an ``extra`` of the same name. Here such an ``extra`` wins.
    """

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self._run_id = run_id
        self.keeps = False

    def filter(self, record: logging.LogRecord) -> bool:
        attempt = attempt_here.get()
        if attempt is None or attempt.run_id != self._run_id:
            return True
        labels = labels_of(attempt, worker=attempt.worker_name or threading.current_thread().name)
        if self.keeps and not attempt.is_answered and (attempt.log is None or attempt.log.last is not record):
            if attempt.log is None:
                attempt.log = AttemptLog(is_handled=True)
            attempt.log.last = record  # the record meets each handler, and must be kept once
            attempt.log.add(facts_of(record), labels)
        for name, value in labels.items():
            vars(record).setdefault(name, value)
        return True
