"""The databases that rows go to: a file, and a server of the tests' own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from private_postgresql import PostgreSQL, private_postgresql
from sql_database import Database

DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.fixture(scope="session")
def server() -> Iterator[PostgreSQL]:
    """Let a server run, without waiting for the disk."""
    with private_postgresql("fsync=off") as found:
        yield found


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """Return an empty database of each kind."""
    if request.param == "sqlite":
        return Database(f"sqlite:///{tmp_path / 'results.db'}")
    return emptied(request.getfixturevalue("server"))


@pytest.fixture
def lite(tmp_path: Path) -> Database:
    """Return an empty file of SQLite."""
    return Database(f"sqlite:///{tmp_path / 'results.db'}")


@pytest.fixture
def served(server: PostgreSQL) -> Database:
    """Return an empty database of the server."""
    return emptied(server)


def emptied(server: PostgreSQL) -> Database:
    """Return the server's database with nothing in it."""
    database = Database(server.url)
    database.execute("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    return database
