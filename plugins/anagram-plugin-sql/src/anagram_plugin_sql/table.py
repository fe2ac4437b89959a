"""The table that rows go to: one that exists, or one that is made from the first rows."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, MetaData, Table, inspect, types
from sqlalchemy.exc import NoSuchTableError, SAWarning
from sqlalchemy.types import TypeEngine

from anagram_plugin_sql.rows import NamedRow
from anagram_plugin_sql.values import type_for
from pipeline_optimization.errors import SinkError
from pipeline_optimization.spelling_hint import did_you_mean

__all__ = ["found_table", "key_of", "made_table", "split_name", "with_default"]

SAMPLE = 1000
"""How many of the first rows decide on the columns of a new table."""


def split_name(name: str) -> tuple[str | None, str]:
    """Return the schema, if one is named, and the name of a table."""
    schema, dot, table = name.rpartition(".")
    return (schema, table) if dot else (None, name)


def found_table(connection: Connection, name: str, *, is_required: bool) -> Table | None:
    """Return a table as it is in the database. If there is none, return None, or raise SinkError if it is required."""
    schema, table = split_name(name)
    with warnings.catch_warnings():
        # It warns of types that it does not know. Such columns take what the database takes.
        warnings.simplefilter("ignore", SAWarning)
        try:
            found = Table(table, MetaData(), schema=schema, autoload_with=connection, resolve_fks=False)
        except NoSuchTableError:
            if not is_required:
                return None
            known = inspect(connection).get_table_names(schema)
            there = f"There are: {', '.join(sorted(known))}." if known else "There is none."
            raise SinkError(
                f"There is no table {name!r}.{did_you_mean(table, known)} {there} Without mode=require it is created."
            ) from None
    for column in found.columns:
        if isinstance(column.type, types.JSON):
            column.type.none_as_null = True
    return found


def made_table(name: str, rows: Sequence[NamedRow], key: Sequence[str], *, is_sqlite: bool) -> Table:
    """Return a table that fits some rows, and is not created yet. Raises SinkError if the values of a column do not agree on a type."""
    schema, table = split_name(name)
    values: dict[str, dict[type, object]] = {}
    for row in rows[:SAMPLE]:
        for column, value in row.items():
            values.setdefault(column, {}).setdefault(type(value), value)
    missing = [column for column in key if column not in values]
    if missing:
        raise SinkError(
            f"The table {name!r} cannot be created: its key has the column {missing[0]!r}, which no row has. "
            f"The rows have {', '.join(map(str, values))}."
        )
    columns = [
        Column(
            column, _type(name, column, of_column, is_sqlite=is_sqlite), primary_key=column in key, autoincrement=False
        )
        for column, of_column in values.items()
    ]
    return Table(table, MetaData(), *columns, schema=schema)


def _type(table: str, column: object, values: Mapping[type, object], *, is_sqlite: bool) -> TypeEngine[Any]:
    found = type_for(values, is_sqlite=is_sqlite) if isinstance(column, str) and column else None
    if set(values) == {type(None)}:
        raise SinkError(
            f"The table {table!r} cannot be created: the first rows have no value of {column!r} that could show its type. Create the "
            "table, or let a step leave such a column out."
        )
    if found is None:
        kinds = ", ".join(sorted(kind.__name__ for kind in values))
        raise SinkError(
            f"The table {table!r} cannot be created: no type of a column fits the values of {column!r}, which are of type {kinds}. "
            "Let a step make them one type, or create the table."
        )
    return found


def with_default(table: Table) -> frozenset[str]:
    """Return the columns that the database fills itself: with defaults, serial numbers, or values that it computes."""
    return frozenset(
        column.name
        for column in table.columns
        if column.server_default is not None or column.computed is not None or column.identity is not None
        or column is table.autoincrement_column
    )  # fmt: skip


def key_of(connection: Connection, table: Table, key: Sequence[str]) -> Sequence[str]:
    """Return the columns in which no two rows may agree: ``key``, else the primary key. Raises SinkError if they are not unique."""
    primary = [column.name for column in table.primary_key]
    wanted = list(key) or primary
    inspector = inspect(connection)
    unique: list[set[str | None]] = [set(primary)]
    unique += [set(found["column_names"]) for found in inspector.get_unique_constraints(table.name, table.schema)]
    for index in inspector.get_indexes(table.name, table.schema):
        if index["unique"]:
            unique.append(set(index["column_names"]))
    if not wanted or set(wanted) not in unique:
        columns = ", ".join(wanted) or "COLUMN"
        what = f"The columns {columns} of" if wanted else "No column of"
        raise SinkError(
            f"{what} the table {table.fullname!r} must be unique for conflict=ignore and conflict=update. Create a unique "
            f"index: CREATE UNIQUE INDEX ON {table.fullname} ({columns});"
        )
    return wanted
