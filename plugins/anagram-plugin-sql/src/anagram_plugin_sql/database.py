"""A database that may go away and come back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.engine.interfaces import DBAPIModule
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError

from anagram_plugin_sql.address import engine_of, masked, parsed, public_address, secrets_of
from anagram_plugin_sql.faults import cause_of, is_contention, words_of
from pipeline_optimization.errors import SinkError

__all__ = ["Database"]

T = TypeVar("T")


class Database:
    """One connection, which is made again after it was lost. Raises OptionError for a wrong URL or a missing driver."""

    def __init__(self, url: str) -> None:
        address = parsed(url)
        self.name = masked(address)
        self._address = address
        self._secrets = secrets_of(address)
        self._engine = engine_of(address)
        self._is_whole = False
        self._connection: Connection | None = None
        self._was_connected = False

    def address_of(self, table: str) -> str:
        """Return where a table is found, for observers."""
        return public_address(self._address, table)

    def connect(self, *, is_whole: bool) -> None:
        """Connect. With ``is_whole``, everything that is done becomes visible at ``commit``, or never. Raises SinkError if it cannot connect."""
        self._is_whole = is_whole
        with self._explaining():
            self._connected()

    def transact(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a transaction, commit that, and return what ``work`` returned. If ``work`` raises, roll it back.

        Raises:
            SinkError: The database cannot do it, is away, or is held by another program; the last two are transient. If the connection
                was lost before the answer to a commit came, the transaction may be committed.
        """
        with self._explaining():
            connection = self._connected()
            with connection.begin_nested() if self._is_whole else connection.begin():
                return work(connection)

    def commit(self) -> None:
        """Make everything visible that was done since the start. Raises SinkError if that fails."""
        with self._explaining():
            if self._is_whole:
                self._connected().commit()

    def close(self) -> None:
        """Close the connection. What is not committed is rolled back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError, self._driver_error):
                connection.close()

    @property
    def _driver_error(self) -> type[DBAPIModule.Error]:
        return self._engine.dialect.loaded_dbapi.Error

    def _connected(self) -> Connection:
        if self._connection is None:
            if self._was_connected and self._is_whole:
                raise SinkError(
                    f"{self.name} has lost what this run delivered, since the connection broke. Run it again; with a checkpoint, a run "
                    "goes on after that."
                )
            self._connection = self._engine.connect()
            if self._is_whole:
                self._connection.begin()
            self._was_connected = True
        return self._connection

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        """Turn the database's errors into SinkErrors, without secrets, that say whether another try may help."""
        try:
            yield
        except (StatementError, self._driver_error) as error:
            cause = cause_of(self._first(error))
            words = words_of(cause)
            for secret in self._secrets:
                words = words.replace(secret, "***")
            if self._connection is None:
                # At the beginning, the name is wrong more often than the server is just starting.
                raise SinkError(f"Cannot connect to {self.name}: {words}", is_transient=self._was_connected) from None
            is_gone = self._is_gone(error)
            if is_gone or self._is_whole:
                self.close()
            is_transient = (is_gone or is_contention(cause)) and not self._is_whole
            raise SinkError(f"{self.name} says: {words}", is_transient=is_transient) from None

    def _first(self, error: BaseException) -> BaseException:
        """Return the error that came first. After some errors rolling back raises one, too."""
        while isinstance(error.__context__, StatementError | self._driver_error):
            error = error.__context__
        return error

    def _is_gone(self, error: Exception) -> bool:
        connection = self._connection
        if connection is None or connection.invalidated or connection.closed:
            return True
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            return True
        cause = cause_of(error)
        return isinstance(cause, self._driver_error) and self._engine.dialect.is_disconnect(
            cause, connection.connection.driver_connection, None
        )
