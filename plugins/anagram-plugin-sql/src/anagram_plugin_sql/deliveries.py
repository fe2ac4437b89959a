"""How far each run has come. It stands in a table beside the rows, so that both are committed together."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    MetaData,
    Row,
    String,
    Table,
    Text,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable

from pipeline_optimization.errors import SinkError

__all__ = ["Deliveries"]

NAME = "anagram_deliveries"


class Deliveries:
    """The number of a run's last delivery.

    A process that opens a run takes it over. An older process of the same run, which may still be alive or come back after a network
    partition, can then deliver nothing more.
    """

    def __init__(self, run: str, *, schema: str | None, target: str) -> None:
        self._run = run
        self._target = target
        self._owner = uuid4().hex
        self._table = Table(
            NAME,
            MetaData(),
            Column("run", String(200), primary_key=True),
            Column("target", Text, nullable=False),
            Column("number", BigInteger, nullable=False),
            Column("owner", String(32), nullable=False),
            schema=schema,
        )
        self._of_run = self._table.c.run == run

    def create(self, connection: Connection) -> None:
        """Create the table if it is missing. Raises SinkError if that is not allowed."""
        if inspect(connection).has_table(NAME, self._table.schema):
            return
        statement = CreateTable(self._table, if_not_exists=True)
        try:
            with connection.begin_nested():
                connection.execute(statement)
        except DBAPIError as error:
            if inspect(connection).has_table(NAME, self._table.schema):  # another run was quicker
                return
            text = " ".join(str(statement.compile(connection)).split())
            raise SinkError(
                f"Cannot create the table {self._table.fullname!r}, in which the database keeps what was delivered: "
                f"{' '.join(str(error.orig).split())}. Let somebody with the right create it: {text};"
            ) from None

    def take_over(self, connection: Connection) -> int:
        """Return the number of the last delivery, 0 for a new run. Raises SinkError if the run's rows went to another table.

        Waits for a transaction of the run that is just being committed. The process that asked for the commit may be dead.
        """
        found = self._row(connection)
        if found is None:
            values = {"run": self._run, "target": self._target, "number": 0, "owner": self._owner}
            connection.execute(insert(self._table).values(values))
            return 0
        if found.target != self._target:
            raise SinkError(
                f"This run has delivered into the table {found.target!r}, not {self._target!r}: name that one, or start anew."
            )
        connection.execute(update(self._table).where(self._of_run).values(owner=self._owner))
        return int(found.number)

    def is_made(self, connection: Connection, number: int) -> bool:
        """Return whether a delivery is committed. Keeps others from delivering until the transaction ends.

        Raises SinkError if another process has taken the run over.
        """
        found = self._row(connection)
        if found is None or found.owner != self._owner:
            raise SinkError(
                f"Another process has taken over this run, or its row in {self._table.fullname!r} is gone. Nothing more is "
                "delivered from here. Resume when no other process of the run is alive."
            )
        return int(found.number) >= number

    def _row(self, connection: Connection) -> Row[Any] | None:
        """Return the run's row, None if there is none. Nobody else can change it until the transaction ends."""
        return connection.execute(select(self._table).where(self._of_run).with_for_update()).one_or_none()

    def note(self, connection: Connection, number: int) -> None:
        """Write down that a delivery is made."""
        connection.execute(update(self._table).where(self._of_run).values(number=number))
