"""An empty database for tests of the plugin for SQL, and what is in it afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from attrs import frozen
from sqlalchemy import text

from anagram_plugin_sql import SqlOptions, make
from anagram_plugin_sql.address import engine_of, parsed
from pipeline_optimization.errors import RefusedRowsError
from pipeline_optimization.types import Sink

__all__ = ["RUN", "Database", "refused"]

RUN = "0123456789abcdef" * 2
"""The identity of a run."""


@frozen
class Database:
    """A database at a URL."""

    url: str

    def sink(self, table: str = "rows", **options: Any) -> Sink:
        """Return a sink, not opened."""
        return make(SqlOptions(**{"table": table, "url": self.url, **options}))

    def opened(self, table: str = "rows", *, run: str | None = RUN, **options: Any) -> Sink:
        """Return a sink that a run has opened."""
        sink = self.sink(table, **options)
        sink.open(run)
        return sink

    def execute(self, *statements: str) -> Sequence[tuple[object, ...]]:
        """Execute statements, and return the rows of the last."""
        rows: Sequence[tuple[object, ...]] = ()
        with engine_of(parsed(self.url)).begin() as connection:
            for statement in statements:
                done = connection.execute(text(statement))
                rows = [tuple(row) for row in done] if done.returns_rows else ()
        return rows


def refused(sink: Sink, number: int, rows: Sequence[object]) -> dict[int, str]:
    """Deliver rows of which some are refused, and return why."""
    with pytest.raises(RefusedRowsError) as caught:
        sink.deliver(number, rows)
    return caught.value.refused
