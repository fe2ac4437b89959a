"""Values in the forms of JSON, for reports and for files of rows."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["cell", "columns", "plain"]

WRITTEN = frozenset({"datetime", "decimal", "fractions", "ipaddress", "pathlib", "uuid"})
"""Modules whose values people know by their ``str``."""


def plain(value: Any, other: Callable[[Any], object] = repr) -> object:
    """Return a value in a form of JSON. NaN, infinity, decimals, times, identifiers and paths become texts.

    A dictionary whose keys are no texts becomes a list of pairs, and a set becomes a sorted list. ``other`` returns what stands for a value for which
    JSON has no form; it may raise.
    """
    if value is None or isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, Mapping):
        if all(isinstance(key, str) for key in value):
            return {key: plain(member, other) for key, member in value.items()}
        return [[plain(key, other), plain(member, other)] for key, member in value.items()]
    if isinstance(value, list | tuple):
        return [plain(member, other) for member in value]
    if isinstance(value, set | frozenset):
        return sorted((plain(member, other) for member in value), key=json.dumps)
    is_written = isinstance(value, float) or type(value).__module__.partition(".")[0] in WRITTEN
    return str(value) if is_written else other(value)


def columns(value: object) -> tuple[Any, ...]:
    """Return a value as cells of a row. A tuple or a list has several."""
    return tuple(value) if isinstance(value, tuple | list) and value else (value,)


def cell(value: object, other: Callable[[Any], object] = repr) -> object:
    """Return a value as one cell. If it is neither text nor number, it is written as JSON. ``other`` is as for ``plain``."""
    if value is None or isinstance(value, str | int | float):
        return value
    shown = plain(value, other)
    return shown if isinstance(shown, str) else json.dumps(shown)
