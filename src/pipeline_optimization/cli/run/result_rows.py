"""The result of a pipeline as rows, whatever type it has."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TextIO, cast

from attrs import frozen

from pipeline_optimization.plain_data import cell, columns, plain

__all__ = ["ResultRows"]

Row = tuple[object, ...]


@frozen
class ResultRows:
    """The first rows, the values that they are made of, and the number of all rows.

    ``header`` has the names of the columns. It is empty unless all values are dictionaries with the same keys.
    """

    rows: Sequence[Row]
    values: Sequence[object]
    number: int
    header: tuple[str, ...] = ()

    @classmethod
    def of(cls, result: object, limit: int | None) -> ResultRows:
        """Make a row of each entry of a dictionary, of each member of a list, or of the result itself; ``limit`` rows at most."""
        if isinstance(result, Mapping):
            entries = list(islice(_entries(result), limit))
            return cls(entries, entries, sum(1 for _ in _entries(result)))
        if not isinstance(result, list | tuple | set | frozenset):
            return cls([(result,)], [result], 1)
        members = cast("Sequence[object]", result)
        header = _header(members)
        shown = list(islice(members, limit))
        if header:
            records = cast("Sequence[Mapping[str, object]]", shown)
            return cls([tuple(record[name] for name in header) for record in records], shown, len(members), header)
        return cls([columns(member) for member in shown], shown, len(members))

    def write_csv(self, stream: TextIO) -> None:
        """Write the header, if there is one, and the rows. A value that is neither text nor number is written as JSON."""
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(encoding="utf-8")  # data must not depend on the locale
        writer = csv.writer(stream, lineterminator="\n")
        if self.header:
            writer.writerow(self.header)
        writer.writerows([[cell(value) for value in row] for row in self.rows])

    def write_lines(self, stream: TextIO) -> None:
        """Write a line of JSON for each value."""
        stream.writelines(json.dumps(plain(value)) + "\n" for value in self.values)


def _entries(result: Mapping[Any, Any]) -> Iterator[Row]:
    """Yield the entries of a dictionary, and of dictionaries in it, each with all keys that lead to it."""
    for key, value in result.items():
        if isinstance(value, Mapping) and value:
            for entry in _entries(value):
                yield (*columns(key), *entry)
        else:
            yield (*columns(key), value)


def _header(members: Sequence[object]) -> tuple[str, ...]:
    """Return the keys of the members if they are dictionaries with the same keys, and these are texts; else nothing."""
    first = next(iter(members), None)
    if not isinstance(first, Mapping) or not all(isinstance(key, str) for key in first):
        return ()
    keys = first.keys()
    return tuple(keys) if all(isinstance(one, Mapping) and one.keys() == keys for one in members) else ()
