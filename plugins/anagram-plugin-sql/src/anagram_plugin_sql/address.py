"""The URL of a database: which databases there are, and how to show a URL without its secrets."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from functools import partial

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from pipeline_optimization.errors import OptionError

__all__ = ["engine_of", "masked", "parsed", "public_address", "secrets_of"]

DRIVERS: Mapping[str, str] = {
    "sqlite": "sqlite+pysqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
"""What users write before ``://``, and the driver that it stands for."""

LOCK_SECONDS = 30.0
"""How long to wait for another program that writes to a file of SQLite."""

SETTINGS: Mapping[str, object] = {
    "application_name": "anagram",
    "connect_timeout": 10,
    # A host that is switched off does not close its connections. Without these, a delivery would wait for it for hours.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""How libpq connects, unless the URL says otherwise."""


def parsed(text: str) -> URL:
    """Return the URL of a database. Raises OptionError for a text that is no URL, and for databases that are not supported."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # its message could repeat a password
        raise OptionError(
            "The sink 'sql' cannot read its url. Write sqlite:///FILE or postgresql://USER@HOST:PORT/DATABASE, with %40 for "
            "an @ in a name or a password, and %2F for a slash."
        ) from None
    driver = DRIVERS.get(url.drivername)
    if driver is None:
        raise OptionError(
            f"The sink 'sql' knows no database {url.drivername!r}. There are sqlite:///FILE and "
            "postgresql://USER@HOST:PORT/DATABASE."
        )
    if driver.startswith("sqlite") and url.database in {None, "", ":memory:"}:
        raise OptionError(
            "The sink 'sql' needs a file for SQLite, as a database in memory ends with the run: sqlite:///results.db."
        )
    return url.set(drivername=driver)


def public_address(url: URL, table: str) -> str:
    """Return where a table is found, for observers: ``postgresql://HOST:PORT/DATABASE#TABLE``, without users, passwords and settings."""
    if url.drivername.startswith("sqlite"):
        return f"sqlite:///{os.path.abspath(str(url.database))}#{table}"
    plain = URL.create("postgresql", host=url.host or "localhost", port=url.port or 5432, database=url.database)
    return f"{plain.render_as_string()}#{table}"


def masked(url: URL) -> str:
    """Return a URL for messages: its secrets are ``***``, and the driver is left out."""
    secret = {name: "***" for name in url.query if "password" in name.lower()}
    shown = url.update_query_dict(secret).render_as_string(hide_password=True)
    return shown.replace("+psycopg://", "://", 1).replace("+pysqlite://", "://", 1).replace("%2A%2A%2A", "***")


def secrets_of(url: URL) -> Sequence[str]:
    """Return the texts that must not be in messages."""
    in_query = (url.query[name] for name in url.query if "password" in name.lower())
    found = [url.password, *(value if isinstance(value, str) else ",".join(value) for value in in_query)]
    return [text for text in found if text]


def engine_of(url: URL) -> Engine:
    """Return the engine that connects. Raises OptionError if the driver is not installed."""
    if url.get_backend_name() == "sqlite":
        engine = create_engine(
            url,
            poolclass=NullPool,
            hide_parameters=True,
            connect_args={"timeout": LOCK_SECONDS},
            json_serializer=partial(json.dumps, ensure_ascii=False, allow_nan=False),
        )
        event.listen(engine, "connect", _let_begin)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        return engine
    settings = {name: value for name, value in SETTINGS.items() if name not in url.query}
    try:
        return create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=settings)
    except ImportError as error:
        raise OptionError(
            f"The sink 'sql' needs a driver for PostgreSQL ({error}): pip install 'anagram-plugin-sql[postgresql]'."
        ) from error


def _let_begin(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    """Keep Python's driver from beginning transactions itself, since it does so late, and not before CREATE TABLE. Switch foreign keys on."""
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
