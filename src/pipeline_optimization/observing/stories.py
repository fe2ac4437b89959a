"""Stories of runs: in a story each run goes on with the checkpoint of the one before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from attrs import frozen

from pipeline_optimization.observing.record_folders import EVENTS, RecordFolder, records_in
from pipeline_optimization.types import RunStarted

__all__ = ["Stories"]


@frozen
class _Begun:
    record: RecordFolder
    started: RunStarted


class Stories:
    """The stories of some records. Records whose start cannot be read belong to none."""

    def __init__(self, records: Sequence[RecordFolder]) -> None:
        begun = [_Begun(one, started) for one in records if (started := one.started()) is not None]
        self._by_id = {one.started.run_id: one for one in begun}
        self._by_home = {one.record: one for one in begun}

    @classmethod
    def beside(cls, record: RecordFolder) -> Self:
        """Return the stories of a record and of the others in its directory."""
        return cls(records_in(str(record.home.parent)) if record.file == EVENTS else [record])

    def resumed(self, record: RecordFolder) -> RecordFolder | None:
        """Return the record of the run that this one went on with, or None if there is none or it is not here."""
        one = self._by_home.get(record)
        before = None if one is None else self._by_id.get(one.started.resumes)
        return None if before is None or before is one else before.record

    def resuming(self, record: RecordFolder) -> Sequence[RecordFolder]:
        """Return the records of runs that went on with this one. There is at most one, unless the checkpoint was copied."""
        one = self._by_home.get(record)
        if one is None or not one.started.run_id:
            return []
        return [other.record for other in self._by_id.values() if other.started.resumes == one.started.run_id]

    def story(self, record: RecordFolder) -> Sequence[RecordFolder]:
        """Return all records of a record's story, itself included, in the order in which they ran."""
        first, seen = record, {record}
        while (before := self.resumed(first)) is not None and before not in seen:
            seen.add(before)
            first = before
        found = [first]
        for one in found:  # the list grows in the loop
            found += [other for other in self.resuming(one) if other not in found]
        return found
