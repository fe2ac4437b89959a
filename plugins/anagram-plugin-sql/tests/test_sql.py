"""Rows get into tables, each once, and bad ones are named."""

from __future__ import annotations

import dataclasses
import re
from collections import namedtuple

import attrs
import pytest

from anagram_plugin_sql.refusal import refused_rows
from pipeline_optimization.errors import SinkError
from sql_database import RUN, Database, refused


def test_rows_come_once(database: Database) -> None:
    """The table is made of the first rows; a delivery that is made again under its number changes nothing, from another process neither."""
    sink = database.sink()
    assert sink.open(RUN) == 0
    sink.deliver(1, [{"name": "ann", "age": 40}, {"name": "bob", "age": None}])
    sink.deliver(1, [{"name": "ann", "age": 40}])
    sink.deliver(2, [{"age": 7, "name": "cy"}])
    sink.close(is_complete=False)
    again = database.sink()
    assert again.open(RUN) == 2
    again.deliver(2, [{"name": "cy", "age": 7}])
    again.deliver(3, [{"name": "dee", "age": 1}])
    again.close(is_complete=True)
    assert database.execute("SELECT name, age FROM rows ORDER BY name") == [
        ("ann", 40), ("bob", None), ("cy", 7), ("dee", 1),
    ]  # fmt: skip


def test_runs_do_not_mix(database: Database) -> None:
    """Each run counts its own deliveries, and adds to what others have delivered."""
    for run in ("a" * 32, "b" * 32):
        sink = database.opened(run=run)
        sink.deliver(1, [{"run": run}])
        sink.close(is_complete=True)
    assert database.execute("SELECT count(*) FROM rows") == [(2,)]


def test_two_runs_make_one_table(database: Database) -> None:
    """Of two runs that find no table, the second one to deliver writes into the table of the first."""
    sinks = [database.opened(run=run) for run in ("a" * 32, "b" * 32)]
    for number, sink in enumerate(sinks):
        sink.deliver(1, [{"number": number}])
    for sink in sinks:
        sink.close(is_complete=True)
    assert database.execute("SELECT number FROM rows ORDER BY number") == [(0,), (1,)]


def test_run_without_identity(database: Database) -> None:
    """What a run without a checkpoint delivers is seen when it is complete, or never."""
    for is_complete, count in ((False, 0), (True, 2)):
        sink = database.opened(run=None)
        sink.deliver(1, [{"id": 1}])
        assert refused(sink, 2, [{"id": "x y"}]).keys() == {0}
        sink.deliver(2, [{"id": 2}])
        sink.close(is_complete=is_complete)
        there = database.opened("rows").close(is_complete=False)
        assert there is None
        if is_complete:
            assert database.execute("SELECT count(*) FROM rows") == [(count,)]
        else:
            with pytest.raises(SinkError, match="There is no table"):
                database.opened(mode="require")


def test_older_process_is_locked_out(database: Database) -> None:
    """Who opens a run takes it over: an older process of it that is still alive delivers nothing more."""
    older = database.opened()
    older.deliver(1, [{"id": 1}])
    newer = database.sink()
    assert newer.open(RUN) == 1
    with pytest.raises(SinkError, match="Another process has taken over this run") as caught:
        older.deliver(2, [{"id": 2}])
    assert not caught.value.is_transient
    newer.deliver(2, [{"id": 2}])
    assert database.execute("SELECT id FROM rows ORDER BY id") == [(1,), (2,)]


def test_another_table_on_resume(database: Database) -> None:
    """A run that goes on into another table is refused, as half of its rows are elsewhere."""
    database.opened().close(is_complete=False)
    with pytest.raises(SinkError, match="has delivered into the table 'rows', not 'others'"):
        database.opened("others")


def test_records(database: Database) -> None:
    """Named tuples, data classes and attrs classes are rows as well; what has no names is refused."""
    pair = namedtuple("pair", "id name")  # noqa: PYI024
    data = dataclasses.make_dataclass("data", ["id", "name"])
    record = attrs.make_class("record", ["id", "name"])
    sink = database.opened()
    rows = [pair(1, "a"), data(2, "b"), record(3, "c")]
    messages = refused(sink, 1, [*rows, (4, "d"), "e"])
    assert messages[3].startswith(
        "A row must be a dictionary or a record with named fields, not (4, 'd') of type tuple"
    )
    assert messages.keys() == {3, 4}
    sink.deliver(1, rows)
    assert database.execute("SELECT id, name FROM rows ORDER BY id") == [(1, "a"), (2, "b"), (3, "c")]


CONSTRAINED = """CREATE TABLE rows (id integer PRIMARY KEY, name text NOT NULL, age integer CHECK (age >= 0),
    score double precision, kind text DEFAULT 'plain', email text UNIQUE)"""


@pytest.mark.parametrize("count", [1, 2, 3, 64, 100])
def test_bad_rows_are_named(database: Database, count: int) -> None:
    """Each row that breaks a constraint or has no column to go to is named with the reason, at once; the others go in then."""
    database.execute(CONSTRAINED)
    sink = database.opened(mode="require")
    good = [{"id": number, "name": "x", "age": number, "score": 1.5} for number in range(count)]
    bad: dict[str, object] = {
        r"(?i)not.null": {"id": 1000, "name": None},
        r"(?i)check": {"id": 1001, "name": "x", "age": -1},
        r"(?i)unique": {"id": 0, "name": "again"},
        r"The column 'age' takes INTEGER, not 2\.5 of type float": {"id": 1002, "name": "x", "age": 2.5},
        r"The column 'age' takes INTEGER, not True of type bool": {"id": 1003, "name": "x", "age": True},
        r"no column 'nmae'. Did you mean 'name'\? It has id, name, age": {"id": 1004, "nmae": "x"},
        r"no column 5\. It has": {5: 1},
        r"has no columns": {},
        r"(?i)integer|too large|out of range": {"id": 2**70, "name": "x"},
        r"(?i)surrogates|encode": {"id": 1005, "name": "\ud800"},
    }
    rows: list[object] = list(good)
    for place, row in enumerate(bad.values()):
        rows.insert(min(len(rows), 1 + 9 * place), row)
    messages = refused(sink, 1, rows)
    for pattern, row in bad.items():
        index = next(place for place, one in enumerate(rows) if one is row)
        assert re.search(pattern, messages[index]), (pattern, messages[index])
    assert len(messages) == len(bad)
    assert database.execute("SELECT count(*) FROM rows") == [(0,)]
    sink.deliver(1, good)
    assert database.execute("SELECT count(*), min(kind), max(kind) FROM rows") == [(count, "plain", "plain")]


@pytest.mark.parametrize("count", [1, 2, 7, 1000])
def test_statements_for_a_bad_row(count: int) -> None:
    """One bad row of many is found with some log2(n) attempts, wherever it stands, and all others are written in their order."""
    for bad in {0, 1, count // 2, count - 1} & set(range(count)):
        attempts: list[tuple[int, int]] = []

        def attempt(
            start: int, stop: int, *, bad: int = bad, attempts: list[tuple[int, int]] = attempts
        ) -> Exception | None:
            attempts.append((start, stop))
            return ValueError(f"{start} to {stop}") if start <= bad < stop else None

        found = [(place, str(error)) for place, error in refused_rows(count, attempt)]
        assert found == [(bad, f"{bad} to {bad + 1}")]
        written = [place for start, stop in attempts if not start <= bad < stop for place in range(start, stop)]
        assert written == [place for place in range(count) if place != bad]
        assert len(attempts) <= count.bit_length() + 3


def test_refused_in_company_only() -> None:
    """Rows that are refused together but not alone, as another transaction was in the way, are written."""
    answers = iter([ValueError("both"), None, None])
    assert list(refused_rows(2, lambda start, stop: next(answers))) == []


def test_conflicts(database: Database) -> None:
    """A row whose key is there is refused, left out, or put in the place of the other's values, as the option says."""
    database.execute(
        "CREATE TABLE rows (id integer PRIMARY KEY, name text, age integer)", "INSERT INTO rows VALUES (1, 'old', 5)"
    )
    rows = [{"id": 1, "name": "new"}, {"id": 2, "name": "first"}, {"id": 2, "name": "last"}]
    assert refused(database.opened(run="a" * 32), 1, rows).keys() == {0, 2}
    database.opened(run="b" * 32, conflict="ignore").deliver(1, rows)
    assert database.execute("SELECT * FROM rows ORDER BY id") == [(1, "old", 5), (2, "first", None)]
    sink = database.opened(run="c" * 32, conflict="update")
    assert refused(sink, 1, [{"name": "nobody"}, {"id": None, "name": "nobody"}]).keys() == {0, 1}
    sink.deliver(1, [*rows, {"id": 3}])
    assert database.execute("SELECT * FROM rows ORDER BY id") == [(1, "new", 5), (2, "last", None), (3, None, None)]


def test_key_of_a_new_table(database: Database) -> None:
    """``key`` becomes the primary key of a table that is created; without one, conflicts cannot be seen."""
    sink = database.opened(conflict="update", key="year, month")
    sink.deliver(1, [{"year": 2026, "month": 11, "sum": 1}, {"year": 2026, "month": 11, "sum": 2}])
    assert database.execute("SELECT * FROM rows") == [(2026, 11, 2)]
    with pytest.raises(SinkError, match="needs to know in which columns no two rows may agree: name them with key="):
        database.opened("others", conflict="ignore", run="a" * 32).deliver(1, [{"id": 1}])
    database.execute("CREATE TABLE keyless (id integer)")
    with pytest.raises(SinkError, match=r"The columns id of the table 'keyless' must be unique.*CREATE UNIQUE INDEX"):
        database.opened("keyless", conflict="ignore", key="id", run="b" * 32)
    with pytest.raises(SinkError, match=r"its key has the column 'id', which no row has. The rows have a"):
        database.opened("others", key="id", run="c" * 32).deliver(1, [{"a": 1}])


def test_absent_columns(database: Database) -> None:
    """A column that a row lacks has its default, whatever the other rows of the delivery have."""
    database.execute("CREATE TABLE rows (id integer PRIMARY KEY, a text, b text DEFAULT 'b', c text DEFAULT 'c')")
    database.opened().deliver(1, [{"id": 1}, {"id": 2, "b": "x"}, {"a": "y", "id": 3}, {"id": 4, "b": None, "c": "z"}])
    assert database.execute("SELECT * FROM rows ORDER BY id") == [
        (1, None, "b", "c"), (2, None, "x", "c"), (3, "y", "b", "c"), (4, None, None, "z"),
    ]  # fmt: skip


def test_odd_names(database: Database) -> None:
    """Names of tables and columns are quoted, whatever is in them."""
    name = 'select "a"; drop'
    sink = database.opened(name)
    sink.deliver(1, [{"group by": 1, 'x"y': 2, "Größe%": 3}])
    assert database.execute('SELECT "group by", "x""y", "Größe%" FROM "select ""a""; drop"') == [(1, 2, 3)]


@pytest.mark.postgresql
def test_schemas(served: Database) -> None:
    """A table may be named with its schema, and the deliveries are kept beside it."""
    served.execute("CREATE SCHEMA stock")
    served.opened("stock.items").deliver(1, [{"id": 1}])
    assert served.execute("SELECT number FROM stock.anagram_deliveries") == [(1,)]
    assert served.execute("SELECT id FROM stock.items") == [(1,)]
