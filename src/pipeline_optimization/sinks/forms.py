"""The forms of rows: a line of JSON for each, a JSON array, or CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from pipeline_optimization.errors import RefusedRowsError
from pipeline_optimization.plain_data import cell, columns, plain

__all__ = ["FORMS", "Csv", "Form", "JsonArray", "JsonLines", "misfit"]


class Form(Protocol):
    """Makes bytes of rows.

    Attributes:
        facts: Plain data that it needs again when a file is continued. If ``encode`` raises, it stays unchanged.
    """

    facts: dict[str, Any]

    def encode(self, rows: Sequence[Any], *, is_first: bool) -> bytes:
        """Return rows as bytes. ``is_first``: the file is empty so far. Raises RefusedRowsError."""
        ...

    def end(self, *, is_empty: bool) -> bytes:
        """Return the bytes that complete a file."""
        ...


class JsonLines:
    """A line of JSON for each row."""

    def __init__(self) -> None:
        self.facts: dict[str, Any] = {}

    def encode(self, rows: Sequence[Any], *, is_first: bool) -> bytes:
        return b"".join(line + b"\n" for line in _each(rows, to_json))

    def end(self, *, is_empty: bool) -> bytes:
        return b""


class JsonArray:
    """A JSON array with a line for each row."""

    def __init__(self) -> None:
        self.facts: dict[str, Any] = {}

    def encode(self, rows: Sequence[Any], *, is_first: bool) -> bytes:
        return (b"[\n" if is_first else b",\n") + b",\n".join(_each(rows, to_json))

    def end(self, *, is_empty: bool) -> bytes:
        return b"[]\n" if is_empty else b"\n]\n"


class Csv:
    """Comma-separated values. If the first row is a record, its keys make a header; otherwise there is none."""

    def __init__(self) -> None:
        self.facts: dict[str, Any] = {}

    def encode(self, rows: Sequence[Any], *, is_first: bool) -> bytes:
        facts = _columns_of(rows[0]) if is_first else self.facts
        header = facts["header"]
        lines = _each(rows, lambda row: _line(_values(row, header)))
        self.facts = facts
        return b"".join([*([_line(header)] if is_first and header else []), *lines])

    def end(self, *, is_empty: bool) -> bytes:
        return b""


SIMPLE = frozenset({str, int, bool, float, type(None)})
"""Types whose values have a form in JSON, except for NaN and infinity."""

ENCODER = json.JSONEncoder(allow_nan=False)


def to_json(row: object) -> bytes:
    if type(row) is dict and SIMPLE.issuperset(map(type, row.values())) and all(type(key) is str for key in row):
        try:
            return ENCODER.encode(row).encode()  # most rows are like this, and it takes two thirds of the time
        except ValueError:
            pass  # NaN or infinity
    return json.dumps(plain(row, _refuse)).encode()


def _refuse(value: object) -> object:
    raise TypeError(f"JSON has no form for a value of the type {type(value).__qualname__}")


def _each(rows: Sequence[Any], encode: Callable[[Any], bytes]) -> list[bytes]:
    """Encode rows. Raises RefusedRowsError that names all rows that cannot be encoded."""
    encoded: list[bytes] = []
    refused: dict[int, str] = {}
    for index, row in enumerate(rows):
        try:
            encoded.append(encode(row))
        except (TypeError, ValueError, RecursionError) as error:
            refused[index] = str(error)
    if refused:
        raise RefusedRowsError(refused)
    return encoded


def _columns_of(row: object) -> dict[str, Any]:
    """Return the header that a first row makes, or None if it is no record."""
    return {"header": [*map(str, row)] if isinstance(row, Mapping) and row else None}


def _values(row: object, header: Sequence[str] | None) -> Sequence[object]:
    if header is None:
        if isinstance(row, Mapping):
            raise ValueError("it is a record, and the file's first row is not, so that there is no header for its keys")
        return columns(row)
    if problem := misfit(row, header):
        raise ValueError(problem)
    assert isinstance(row, Mapping)
    return [row[name] for name in header]


def misfit(row: object, names: Sequence[object]) -> str:
    """Return why a row does not fit the columns of a file, or an empty text if it does."""
    if not isinstance(row, Mapping):
        return f"it is no record, but of the type {type(row).__qualname__}; the file has the columns {_listed(names)}"
    if len(row) != len(names) or not all(name in row for name in names):
        return f"it has the keys {_listed(row)}; the file has the columns {_listed(names)}"
    return ""


def _listed(names: Iterable[object]) -> str:
    return ", ".join(map(str, names))


def _line(values: Sequence[object]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow([cell(value, _refuse) for value in values])
    return stream.getvalue().encode()


FORMS: Mapping[str, Callable[[], Form]] = {"ndjson": JsonLines, "json": JsonArray, "csv": Csv}
"""The forms of files, by name."""
