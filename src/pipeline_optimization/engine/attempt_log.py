"""What an attempt has logged, as it travels with its answer: plain facts of each record, in bounded number and size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field, frozen

__all__ = ["AttemptLog", "Labels", "LogFacts", "LogSettings"]

LogFacts = Mapping[str, Any]
"""The attributes of a log record, of which all are plain: ``logging.makeLogRecord`` makes a record of them."""

Labels = Mapping[str, Any]
"""What logged a record: ``run``, ``item``, ``attempt``, ``worker`` and ``bundle``, as far as it is known. A record's own facts go before them."""

MOST_RECORDS = 1000
"""Records of one attempt that are kept. Whoever logs more floods a terminal, and hardly wants to read it."""

MOST_CHARACTERS = 1 << 18
"""Characters of one attempt's records that are kept: they come with the answer, and wait in the parent with it."""


@frozen(kw_only=True)
class LogSettings:
    """What workers must know of the logging of their parent: the run, and from which level on records are wanted, by logger.

    ``process`` is the parent: there, records go straight to its handlers. ``origin`` is the same in all forks of the parent.
    ``disabled`` are the loggers of which no record is wanted, though one of a logger below them may be.
    """

    run: str
    process: str
    origin: str
    thresholds: Mapping[str, int]
    disabled: frozenset[str] = frozenset()


@define
class AttemptLog:
    """Records of one attempt. ``are_handled`` tells that handlers have had them, since the attempt runs in the parent's process."""

    records: list[tuple[LogFacts, Labels]] = field(factory=list)
    dropped: int = 0
    are_handled: bool = False
    last: object = None
    _characters: int = 0

    def add(self, facts: LogFacts, labels: Labels) -> None:
        """Keep a record if there is room; count it otherwise."""
        self._characters += sum(len(value) for value in facts.values() if isinstance(value, str))
        if len(self.records) >= MOST_RECORDS or self._characters > MOST_CHARACTERS:
            self.dropped += 1
        else:
            self.records.append((facts, labels))

    def without_records(self) -> AttemptLog:
        """Return a log that counts all records as dropped."""
        return AttemptLog(dropped=self.dropped + len(self.records), are_handled=self.are_handled)

    def to_wire(self) -> tuple[object, ...]:
        return (self.records, self.dropped, self.are_handled)
