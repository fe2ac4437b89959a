"""Values come back as they were, or are refused: never as others."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import IntEnum
from uuid import UUID

import pytest
from sqlalchemy import MetaData, Table, select

from anagram_plugin_sql.address import engine_of, parsed
from anagram_plugin_sql.values import type_for
from pipeline_optimization.errors import SinkError
from sql_database import Database, refused


class Colour(IntEnum):
    """A subclass of a number."""

    RED = 3


def test_every_type_comes_back(database: Database) -> None:
    """A new table has a column for each usual type, and what it keeps is what was delivered."""
    row = {
        "yes": True, "number": 2**40, "part": 0.1, "text": "naïve 'quote' \\ \t tab\nline 𝄞", "raw": b"\0\xff",
        "day": dt.date(2026, 11, 27), "moment": dt.datetime(2026, 11, 27, 1, 2, 3, 4), "hour": dt.time(1, 2, 3),  # noqa: DTZ001
        "price": Decimal("12.50"), "more": {"a": [1, None, "x"]}, "list": [1, 2], "colour": Colour.RED,
    }  # fmt: skip
    is_sqlite = database.url.startswith("sqlite")
    if not is_sqlite:
        row |= {"id": UUID(int=5), "while": dt.timedelta(1, 2, 3), "zoned": dt.datetime(2026, 1, 2, tzinfo=dt.UTC)}
    sink = database.opened()
    for number in (1, 2):  # the second time with the types that the database tells
        sink.deliver(number, [row, dict.fromkeys(row)])
        sink.close(is_complete=True)
        sink = database.opened()
    sink.close(is_complete=True)
    with engine_of(parsed(database.url)).connect() as connection:
        table = Table("rows", MetaData(), autoload_with=connection)
        for name, value in row.items():  # SQLite's own columns do not tell what is in them
            table.c[name].type = type_for({type(value): value}, is_sqlite=is_sqlite)
        found = [dict(one._mapping) for one in connection.execute(select(table))]
    assert found == 2 * [row, dict.fromkeys(row)]


def test_types_that_disagree(database: Database) -> None:
    """Numbers agree on the wider type; values that do not agree, and columns without any, say that the table must be made."""
    database.opened("wide", run="a" * 32).deliver(1, [{"x": 1}, {"x": 2.5}])
    assert database.execute("SELECT x FROM wide ORDER BY x") == [(1.0,), (2.5,)]
    with pytest.raises(SinkError, match="no type of a column fits the values of 'x', which are of type int, str"):
        database.opened(run="b" * 32).deliver(1, [{"x": 1}, {"x": "a"}])
    with pytest.raises(SinkError, match="the first rows have no value of 'x'"):
        database.opened(run="c" * 32).deliver(1, [{"x": None, "y": 1}])
    with pytest.raises(SinkError, match="values of 'x', which are of type object"):
        database.opened(run="d" * 32).deliver(1, [{"x": object()}])


def test_types_that_sqlite_has_not(lite: Database) -> None:
    """A column of SQLite cannot tell durations and UUIDs from texts, so that none is made for them."""
    for value in (dt.timedelta(1), UUID(int=1)):
        with pytest.raises(SinkError, match="no type of a column fits the values of 'x', which are of type"):
            lite.opened().deliver(1, [{"x": value}])


def test_values_that_sqlite_would_change(lite: Database) -> None:
    """SQLite keeps anything in any column; what would come back as something else is refused."""
    lite.execute("CREATE TABLE rows (n integer, f float, d numeric, t datetime, s text, j json)")
    zoned = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    odd: list[object] = [
        {"n": "12"}, {"f": float("nan")}, {"d": Decimal("0.12345678901234567890")}, {"t": zoned}, {"s": 5}, {"n": 2**63},
        {"j": {"x": float("nan")}}, {"j": {1, 2}},
    ]  # fmt: skip
    messages = refused(lite.opened(), 1, odd)
    assert sorted(messages) == list(range(len(odd))), messages
    assert "would become NULL in SQLite" in messages[1]
    assert "has a time zone, which the column cannot keep" in messages[3]


@pytest.mark.postgresql
def test_values_that_postgresql_reads(served: Database) -> None:
    """PostgreSQL reads texts of any type; a moment needs a time zone where the column has one, and none where it has none."""
    served.execute(
        "CREATE TYPE mood AS ENUM ('good', 'bad')",
        "CREATE TABLE rows (d date, u uuid, m mood, a integer[], i inet, z timestamptz, t timestamp, j jsonb)",
    )
    moment = dt.datetime(2026, 1, 1)  # noqa: DTZ001
    sink = served.opened()
    bad: list[object] = [
        {"d": "soon"},
        {"m": "fair"},
        {"z": moment},
        {"t": moment.replace(tzinfo=dt.UTC)},
        {"j": {"x": float("nan")}},
    ]
    messages = refused(sink, 1, bad)
    assert sorted(messages) == [0, 1, 2, 3, 4], messages
    sink.deliver(1, [{
        "d": "2026-01-02", "u": str(UUID(int=7)), "m": "good", "a": [1, 2], "i": "::1", "z": moment.replace(tzinfo=dt.UTC),
        "t": moment, "j": [1, {"a": None}],
    }])  # fmt: skip
    assert served.execute("SELECT d, u, m, a, host(i), t, j FROM rows") == [
        (dt.date(2026, 1, 2), UUID(int=7), "good", [1, 2], "::1", moment, [1, {"a": None}])
    ]
