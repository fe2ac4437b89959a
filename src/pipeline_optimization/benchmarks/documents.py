"""Results as JSON and back, and samples as JSON Lines while a comparison runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

from cattrs import Converter, transform_error
from cattrs.errors import BaseValidationError

from pipeline_optimization.benchmarks.results import SCHEMA_VERSION, Results
from pipeline_optimization.error_text import encodable
from pipeline_optimization.errors import UsageError

__all__ = ["from_json", "read_bounded", "results_from_file", "results_from_json", "results_to_json", "to_json_line"]

T = TypeVar("T")

LARGEST = 256 << 20
"""Bytes of the largest document that is read. A comparison writes some megabytes; a device or a large text would take all memory."""

_converter = Converter()


def results_to_json(results: Results) -> str:
    """Return the document, which ends in a line feed."""
    return _to_json(results, indent=1) + "\n"


def results_from_file(path: str | Path) -> Results:
    """Read the document of a file. Raises UsageError if it cannot be read or is no such document."""
    try:
        text = read_bounded(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path} is no text, and so holds no results. Give a file that --export FILE.json wrote."
        ) from error
    return results_from_json(text, source=str(path))


def read_bounded(path: str | Path) -> bytes:
    """Return the content of a file. Raises UsageError if it cannot be read or is larger than any results."""
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"Cannot read {path}: {error.strerror or error}.") from error
    if len(data) > LARGEST:
        raise UsageError(f"{path} holds no results: it has more than {LARGEST:,} bytes.")
    return data


def results_from_json(text: str, *, source: str) -> Results:
    """Read a document. Raises UsageError if it is no such document, or one of another version."""
    return from_json(text, Results, source=source)


def to_json_line(record: object) -> str:
    """Return any of the records as one line, without its line feed."""
    return _to_json(record)


def _to_json(record: object, *, indent: int | None = None) -> str:
    text = json.dumps(_converter.unstructure(record), indent=indent, ensure_ascii=False, allow_nan=False)
    # The escape of a lone surrogate means the same in JSON.
    return encodable(text)


def from_json(text: str, kind: type[T], *, source: str) -> T:
    """Read a record of a kind. Raises UsageError if the text is no such record."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise UsageError(f"{source} is not JSON: {error}. Give a file that --export FILE.json wrote.") from error
    version = data.get("schema_version", SCHEMA_VERSION) if isinstance(data, dict) else None
    if version != SCHEMA_VERSION:
        raise UsageError(
            f"{source} holds no results of schema version {SCHEMA_VERSION}. Give a file that --export FILE.json wrote."
        )
    try:
        return _converter.structure(data, kind)
    except BaseValidationError as error:
        first = transform_error(error)[0]
        raise UsageError(f"{source} holds no results: {first}. Give a file that --export FILE.json wrote.") from error
