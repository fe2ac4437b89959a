"""Says in the records of tasks that run in this process which attempt logged them."""

from __future__ import annotations

import logging
import threading

from pipeline_optimization.engine.attempt_here import attempt_here
from pipeline_optimization.engine.attempt_log import AttemptLog
from pipeline_optimization.engine.log_records import facts_of, labels_of

__all__ = ["Labelling"]


class Labelling(logging.Filter):
    """Lets all records pass. One of an attempt of this run gets its labels, and is kept for the attempt's answer if the run ``keeps`` them.

    It is a filter of handlers, since a record made with such attributes would refuse an ``extra`` of the same name; here it goes before them.
    """

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self._run_id = run_id
        self.keeps = False

    def filter(self, record: logging.LogRecord) -> bool:
        attempt = attempt_here.get()
        if attempt is None or attempt.run != self._run_id:
            return True
        labels = labels_of(attempt, worker=attempt.worker_name or threading.current_thread().name)
        if self.keeps and not attempt.is_answered and (attempt.log is None or attempt.log.last is not record):
            if attempt.log is None:
                attempt.log = AttemptLog(are_handled=True)
            attempt.log.last = record  # it meets each handler
            attempt.log.add(facts_of(record), labels)
        for name, value in labels.items():
            vars(record).setdefault(name, value)
        return True
