"""The sink ``sql`` keeps the contract, with each database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from pipeline_optimization.testing import SinkContract
from pipeline_optimization.types import Row
from private_postgresql import PostgreSQL
from sql_database import Database


class _SqlContract(SinkContract):
    name = "sql"
    rows = ({"id": 1, "name": "a, b"}, {"id": 2, "name": ""}, {"id": None, "name": "é"})
    refused: Sequence[Row] = ({"id": "x", "name": "x"}, {"id": 2**70, "name": "x"}, {"id": 3, "nmae": "x"}, 5)


def _named(rows: Iterable[Sequence[object]]) -> Sequence[Row]:
    return [{"id": number, "name": name} for number, name in rows]


class TestSqlite(_SqlContract):
    def options_in(self, place: Path) -> Mapping[str, object]:
        return {"table": "rows", "url": f"sqlite:///{place}/results.db"}

    def read(self, place: Path) -> Sequence[Row]:
        # As others read it: a sink's own connection would wait for the run that is writing.
        with closing(sqlite3.connect(place / "results.db")) as reader:
            is_there = reader.execute("SELECT 1 FROM sqlite_schema WHERE name = 'rows'").fetchone()
            return _named(reader.execute("SELECT id, name FROM rows")) if is_there else []


@pytest.mark.postgresql
class TestPostgreSQL(_SqlContract):
    """A schema stands for each place."""

    server: PostgreSQL

    @pytest.fixture(autouse=True)
    def _server(self, server: PostgreSQL) -> None:
        type(self).server = server

    def options_in(self, place: Path) -> Mapping[str, object]:
        Database(self.server.url).execute(f'CREATE SCHEMA IF NOT EXISTS "{place.name}"')
        return {"table": f"{place.name}.rows", "url": self.server.url}

    def read(self, place: Path) -> Sequence[Row]:
        database = Database(self.server.url)
        is_there = database.execute(f"SELECT to_regclass('\"{place.name}\".rows')") != [(None,)]
        return _named(database.execute(f'SELECT id, name FROM "{place.name}".rows')) if is_there else []
