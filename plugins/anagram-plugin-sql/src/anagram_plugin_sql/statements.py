"""How rows get into a table: by INSERT of many rows, and by COPY in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, Protocol

from sqlalchemy import Connection, Table, types
from sqlalchemy.dialects.sqlite import insert

from anagram_plugin_sql.arrangement import Values

__all__ = ["Conflict", "Copying", "Inserting", "Writer"]

Conflict = Literal["error", "ignore", "update"]
"""What happens to a row whose key is there already."""


class Writer(Protocol):
    """Writes rows with the same columns."""

    def write(self, connection: Connection, columns: tuple[str, ...], rows: Sequence[Values]) -> None:
        """Write the rows in their order. Raises what the database raises; then some of them may be written."""
        ...


class Inserting:
    """Writes rows with INSERT, into SQLite."""

    def __init__(self, table: Table, conflict: Conflict, key: Sequence[str]) -> None:
        self._table = table
        self._conflict = conflict
        self._key = key

    def write(self, connection: Connection, columns: tuple[str, ...], rows: Sequence[Values]) -> None:
        statement = insert(self._table)
        others = [name for name in columns if name not in self._key]
        if self._conflict == "update" and others:
            statement = statement.on_conflict_do_update(
                index_elements=self._key, set_={name: statement.excluded[name] for name in others}
            )
        elif self._conflict != "error":
            statement = statement.on_conflict_do_nothing(index_elements=self._key)
        connection.execute(statement, [dict(zip(columns, row, strict=True)) for row in rows])


class Copying:
    """Writes rows with COPY, into PostgreSQL: into the table itself, or into a temporary one, from which they are inserted."""

    def __init__(self, connection: Connection, table: Table, conflict: Conflict, key: Sequence[str]) -> None:
        self._table = table
        self._conflict = conflict
        self._key = key
        preparer = connection.dialect.identifier_preparer
        self._quote = preparer.quote
        self._name = preparer.format_table(table)
        self._json = frozenset(column.name for column in table.columns if isinstance(column.type, types.JSON))

    def write(self, connection: Connection, columns: tuple[str, ...], rows: Sequence[Values]) -> None:
        names = ", ".join(map(self._quote, columns))
        if self._conflict == "error":
            self._copy(connection, self._name, columns, rows)
            return
        connection.exec_driver_sql("DROP TABLE IF EXISTS pg_temp.anagram_batch")
        connection.exec_driver_sql(
            f"CREATE TEMPORARY TABLE anagram_batch ON COMMIT DROP AS "  # noqa: S608 - quoted
            f"SELECT {names}, 0 AS anagram_place FROM {self._name} WITH NO DATA"
        )
        placed = [(*row, place) for place, row in enumerate(rows)]
        self._copy(connection, "pg_temp.anagram_batch", (*columns, "anagram_place"), placed)
        key = ", ".join(map(self._quote, self._key))
        others = [self._quote(name) for name in columns if name not in self._key]
        if self._conflict == "update" and others:
            # Of rows with the same key the last one counts, as if they came one by one; INSERT would refuse them.
            chosen = f"SELECT DISTINCT ON ({key}) {names} FROM pg_temp.anagram_batch ORDER BY {key}, anagram_place DESC"  # noqa: S608 - quoted
            action = "UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in others)
        else:
            chosen = f"SELECT {names} FROM pg_temp.anagram_batch ORDER BY anagram_place"  # noqa: S608 - quoted
            action = "NOTHING"
        connection.exec_driver_sql(f"INSERT INTO {self._name} ({names}) {chosen} ON CONFLICT ({key}) DO {action}")

    def _copy(self, connection: Connection, name: str, columns: Sequence[str], rows: Sequence[Values]) -> None:
        names = ", ".join(map(self._quote, columns))
        # SQLAlchemy doubles % in names for statements with parameters, and this one has none.
        statement = f"COPY {name} ({names}) FROM STDIN".replace("%%", "%")
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            write = copy.write_row
            for row in self._adapted(columns, rows):
                write(row)

    def _adapted(self, columns: Sequence[str], rows: Sequence[Values]) -> Iterable[Values]:
        places = {place for place, name in enumerate(columns) if name in self._json}
        if not places:
            return rows
        from psycopg.types.json import Json  # noqa: PLC0415 - not everybody has PostgreSQL

        return (
            tuple(Json(value) if place in places and value is not None else value for place, value in enumerate(row))
            for row in rows
        )
