"""The sink: writes deliveries into one table, and commits each together with its number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import frozen
from sqlalchemy import Connection, Table
from sqlalchemy.exc import StatementError
from sqlalchemy.schema import CreateTable

from anagram_plugin_sql import SqlOptions
from anagram_plugin_sql.arrangement import Arrangement, Block, without_names
from anagram_plugin_sql.database import Database
from anagram_plugin_sql.deliveries import Deliveries
from anagram_plugin_sql.faults import cause_of, is_refusal, words_of
from anagram_plugin_sql.refusal import refused_rows
from anagram_plugin_sql.rows import named
from anagram_plugin_sql.statements import Copying, Inserting, Writer
from anagram_plugin_sql.table import found_table, key_of, made_table, split_name, with_default
from anagram_plugin_sql.values import taken_by
from pipeline_optimization.errors import OptionError, RefusedRowsError, SinkError
from pipeline_optimization.types import Row

__all__ = ["SqlSink"]


@frozen
class _Target:
    """How rows are arranged for a table and written into it."""

    arrangement: Arrangement
    writer: Writer


class SqlSink:
    """Writes rows into a table, each exactly once, whatever dies meanwhile."""

    def __init__(self, options: SqlOptions) -> None:
        if not options.table.strip():
            raise OptionError("The sink 'sql' needs a table: sql:TABLE, or sql:SCHEMA.TABLE.")
        self._options = options
        self._key = [name.strip() for name in options.key.split(",") if name.strip()]
        self._database = Database(options.url)
        self._deliveries: Deliveries | None = None
        self._target: _Target | None = None

    @property
    def writes(self) -> Sequence[str]:
        """Return the address of the rows, for observers."""
        return [self._database.address_of(self._options.table)]

    def open(self, run: str | None) -> int:
        name = self._options.table
        deliveries = None if run is None else Deliveries(run, schema=split_name(name)[0], target=name)

        def begin(connection: Connection) -> tuple[int, _Target | None]:
            table = found_table(connection, name, is_required=self._options.mode == "require")
            target = self._target_of(connection, table) if table is not None else None
            if deliveries is None:
                return 0, target
            deliveries.create(connection)
            return deliveries.take_over(connection), target

        # A run without an identity cannot be resumed, so all its rows are one transaction.
        self._database.connect(is_whole=run is None)
        number, self._target = self._database.transact(begin)
        self._deliveries = deliveries
        return number

    def deliver(self, number: int, rows: Sequence[Row]) -> None:
        def work(connection: Connection) -> _Target | None:
            if self._deliveries is not None and self._deliveries.is_made(connection, number):
                return self._target
            target = self._written(connection, rows)
            if self._deliveries is not None:
                self._deliveries.note(connection, number)
            return target

        self._target = self._database.transact(work)

    def close(self, *, is_complete: bool) -> None:
        try:
            if is_complete:
                self._database.commit()
        finally:
            self._database.close()

    def _created(self, connection: Connection, rows: Sequence[Row]) -> _Target:
        name = self._options.table
        table = found_table(connection, name, is_required=False)  # another run may have created it meanwhile
        if table is None:
            if self._options.conflict != "error" and not self._key:
                raise SinkError(
                    f"The table {name!r} is not there, and conflict={self._options.conflict} needs to know in which columns no two "
                    "rows may agree: name them with key=COLUMN,COLUMN, or create the table."
                )
            by_name = [found for row in rows if (found := named(row)) is not None]
            if not by_name:
                raise RefusedRowsError({index: without_names(row) for index, row in enumerate(rows)})
            is_sqlite = connection.dialect.name == "sqlite"
            connection.execute(CreateTable(made_table(name, by_name, self._key, is_sqlite=is_sqlite)))
            table = found_table(connection, name, is_required=True)
            assert table is not None
        return self._target_of(connection, table)

    def _target_of(self, connection: Connection, table: Table) -> _Target:
        conflict = self._options.conflict
        key = key_of(connection, table, self._key) if conflict != "error" else ()
        is_sqlite = connection.dialect.name == "sqlite"
        return _Target(
            Arrangement(
                {column.name: taken_by(column.type, is_sqlite=is_sqlite) for column in table.columns},
                with_default=with_default(table),
                keeps_absent=conflict == "update",
                required=key,
            ),
            Inserting(table, conflict, key) if is_sqlite else Copying(connection, table, conflict, key),
        )

    def _written(self, connection: Connection, rows: Sequence[Row]) -> _Target:
        """Write rows, and return the table that they went to. Raises RefusedRowsError if some cannot be written."""
        target = self._target or self._created(connection, rows)
        blocks, wrong = target.arrangement.arrange(rows)
        refused = dict(wrong)
        for block in blocks:
            for place, error in write_block(connection, target.writer, block):
                refused[block.indexes[place]] = words_of(cause_of(error))
        if refused:
            raise RefusedRowsError(refused)
        return target


def write_block(connection: Connection, writer: Writer, block: Block) -> Iterator[tuple[int, Exception]]:
    """Write a block's rows. Yield the place of each row that the database refuses, with its error."""

    def attempt(start: int, stop: int) -> Exception | None:
        rows = block.rows if stop - start == len(block.rows) else block.rows[start:stop]
        try:
            with connection.begin_nested():
                writer.write(connection, block.columns, rows)
        except (StatementError, connection.dialect.loaded_dbapi.Error, TypeError, ValueError, OverflowError) as error:
            if not is_refusal(cause_of(error)):
                raise
            return error
        return None

    return refused_rows(len(block.rows), attempt)
