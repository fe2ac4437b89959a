"""The log records of an attempt, as they travel with its answer: as plain data, in bounded number and size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field, frozen

__all__ = ["AttemptLog", "Labels", "LogFacts", "LogSettings"]

LogFacts = Mapping[str, Any]
"""The attributes of a log record as plain values. ``logging.makeLogRecord`` makes a record of them."""

Labels = Mapping[str, Any]
"""Where a record was logged: ``run``, ``item``, ``attempt``, ``worker`` and ``bundle``, as far as they are known.

If a record has an attribute of the same name from its own ``extra``, that one stays.
"""

MOST_RECORDS = 1000
"""How many records of one attempt are kept. Nobody reads more than that of one attempt."""

MOST_CHARACTERS = 1 << 18
"""How many characters of one attempt's records are kept. They take memory in the parent until the answer is read."""


@frozen(kw_only=True)
class LogSettings:
    """What workers must know of the parent's logging.

    Attributes:
        run: The id of the run.
        process: Identifies the parent's process, in which records go straight to the handlers (``log_origin``).
        origin: Identifies the parent and all processes that were forked from it.
        thresholds: The least level of the records that the parent wants, by logger.
        disabled: The loggers of which it wants no records. Those of loggers below them in the hierarchy may be wanted.
    """

    run: str
    process: str
    origin: str
    thresholds: Mapping[str, int]
    disabled: frozenset[str] = frozenset()


@define
class AttemptLog:
    """The log records of one attempt.

    Attributes:
        records: The records that are kept, each with where it was logged.
        dropped: How many records were not kept.
        is_handled: Whether the parent's handlers have got the records already, because the attempt ran in the parent's process.
        last: The record that was added last, if the attempt runs in the parent's process. There, ``pipeline.logs.labelling`` adds the
            records as a filter of each handler, so it meets a record once for each handler. It does not add the one that is ``last`` again.
            This attribute does not travel.
    """

    records: list[tuple[LogFacts, Labels]] = field(factory=list)
    dropped: int = 0
    is_handled: bool = False
    last: object = None
    _characters: int = 0

    def add(self, facts: LogFacts, labels: Labels) -> None:
        """Keep a record if there is room; count it otherwise. A record that is not kept takes no room from the next ones.

        Args:
            facts: The record.
            labels: Where it was logged.
        """
        characters = self._characters + sum(len(value) for value in facts.values() if isinstance(value, str))
        if len(self.records) >= MOST_RECORDS or characters > MOST_CHARACTERS:
            self.dropped += 1
        else:
            self._characters = characters
            self.records.append((facts, labels))

    def without_records(self) -> AttemptLog:
        """Return a log without the records, which counts them as dropped."""
        return AttemptLog(dropped=self.dropped + len(self.records), is_handled=self.is_handled)

    def to_wire(self) -> tuple[object, ...]:
        """Return the arguments that make the same log in the parent."""
        return (self.records, self.dropped, self.is_handled)
