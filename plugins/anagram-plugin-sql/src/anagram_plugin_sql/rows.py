"""Which values are rows with named columns: dictionaries, and records of the usual kinds."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import attrs

__all__ = ["NamedRow", "named"]

NamedRow = Mapping[str, object]


def named(row: Any) -> NamedRow | None:
    """Return a row's values by the names of their columns, None for a value without names."""
    if type(row) is dict or isinstance(row, Mapping):
        return row
    if isinstance(row, tuple) and hasattr(row, "_fields"):
        return dict(zip(row._fields, row, strict=True))
    if isinstance(row, type):
        return None
    if dataclasses.is_dataclass(row):
        return {field.name: getattr(row, field.name) for field in dataclasses.fields(row)}
    if attrs.has(type(row)):
        return {field.name: getattr(row, field.name) for field in attrs.fields(type(row))}
    return None
