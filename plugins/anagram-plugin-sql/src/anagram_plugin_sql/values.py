"""Which values a column takes. It is checked here first: SQLite keeps any value in any column, and others may change it silently."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from attrs import frozen
from sqlalchemy import types
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

__all__ = ["Taken", "taken_by", "type_for"]

Check = Callable[[object], str | None]
"""Returns what is wrong with a value, None if nothing is."""

NEW_JSON = types.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

NEW_TYPES: Mapping[type, TypeEngine[Any]] = {
    bool: types.Boolean(),
    int: types.BigInteger(),
    float: types.Double(),
    Decimal: types.Numeric(),
    str: types.Text(),
    bytes: types.LargeBinary(),
    date: types.Date(),
    time: types.Time(),
    timedelta: types.Interval(),
    UUID: types.Uuid(),
    dict: NEW_JSON,
    list: NEW_JSON,
    tuple: NEW_JSON,
}
"""The types of the columns of a new table."""

NOT_IN_SQLITE = frozenset({timedelta, UUID})
"""Classes for whose values SQLite has no type of its own: they would come back as something else."""

JSON_TYPES = frozenset({dict, list, tuple, str, int, float, bool})

TAKEN: tuple[tuple[type[TypeEngine[Any]], frozenset[type]], ...] = (
    (types.Boolean, frozenset({bool})),
    (types.Integer, frozenset({int})),
    (types.Float, frozenset({float, int})),
    (types.Numeric, frozenset({Decimal, int, float})),
    (types.Enum, frozenset({str})),
    (types.String, frozenset({str})),
    (types.LargeBinary, frozenset({bytes, bytearray, memoryview})),
    (types.DateTime, frozenset({datetime})),
    (types.Date, frozenset({date})),
    (types.Time, frozenset({time})),
    (types.Interval, frozenset({timedelta})),
    (types.Uuid, frozenset({UUID})),
    (types.JSON, JSON_TYPES),
)
"""The types of values that a column of a type takes; a column of any other type takes what the database takes."""


@frozen
class Taken:
    """What a column takes: values of ``classes``, None for any. Values of the classes in ``checks`` are looked at one by one."""

    classes: frozenset[type] | None
    checks: Mapping[type, Check]
    name: str

    def is_taken(self, kind: type) -> bool:
        """Return whether the column takes values of a class. A subclass, such as an enumeration of integers, counts as its base."""
        if self.classes is None or kind in self.classes or kind is type(None):
            return True
        return kind is not bool and not issubclass(kind, datetime) and issubclass(kind, tuple(self.classes))

    def check_of(self, kind: type) -> Check | None:
        """Return the check for each value of a class, None if there is none."""
        return next((self.checks[base] for base in kind.__mro__ if base in self.checks), None)


def taken_by(column: TypeEngine[Any], *, is_sqlite: bool) -> Taken:
    """Return what a column of a type takes."""
    name = str(column) if not isinstance(column, types.NullType) else "its type"
    classes = next((classes for kind, classes in TAKEN if isinstance(column, kind)), None)
    if classes is None:
        return Taken(None, {}, name)
    checks: dict[type, Check] = {}
    if datetime in classes:
        checks[datetime] = _has_zone if getattr(column, "timezone", False) and not is_sqlite else _has_no_zone
    if is_sqlite:
        checks |= {float: _is_finite, Decimal: _is_short}
    elif classes is not JSON_TYPES:
        classes |= {str}  # PostgreSQL reads the text of any type, and refuses what it cannot read
    return Taken(classes, checks, name)


def type_for(values: Mapping[type, object], *, is_sqlite: bool) -> TypeEngine[Any] | None:
    """Return the type of a new column for values of some classes, each given with an example. None if no type fits them all."""
    kinds = set(values) - {type(None)}
    if datetime in kinds:
        example = values[datetime]
        assert isinstance(example, datetime)
        return types.DateTime(timezone=example.tzinfo is not None) if kinds == {datetime} else None
    if len(kinds) > 1 and kinds <= {int, float}:
        return NEW_TYPES[float]
    if len(kinds) > 1 and kinds <= {int, Decimal}:
        return NEW_TYPES[Decimal]
    if len(kinds) > 1 and kinds <= {dict, list, tuple}:
        return NEW_TYPES[dict]
    if len(kinds) != 1:
        return None
    (kind,) = kinds
    base = next((base for base in kind.__mro__ if base in NEW_TYPES), None)
    return None if base is None or (is_sqlite and base in NOT_IN_SQLITE) else NEW_TYPES[base]


def _has_zone(value: object) -> str | None:
    return "has no time zone, and the column has one" if getattr(value, "tzinfo", None) is None else None


def _has_no_zone(value: object) -> str | None:
    return "has a time zone, which the column cannot keep" if getattr(value, "tzinfo", None) is not None else None


def _is_finite(value: object) -> str | None:
    assert isinstance(value, float)
    return "would become NULL in SQLite" if math.isnan(value) else None


def _is_short(value: object) -> str | None:
    """Return what is wrong with a decimal. SQLite keeps it as a float, of which 15 digits are exact."""
    assert isinstance(value, Decimal)
    is_kept = value.is_finite() and Decimal(repr(float(value))) == value
    return None if is_kept else "has more digits than SQLite keeps, or is no number"
