"""The sink ``sql``: rows in a table of SQLite or PostgreSQL, each exactly once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from attrs import frozen

from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import Component, ComponentOf, Sink, option


@frozen(kw_only=True)
class SqlOptions:
    """The options of ``sql``."""

    table: str = option("", help="the table that rows go to, as TABLE or SCHEMA.TABLE", is_argument=True)
    url: str = option(
        "sqlite:///results.db",
        help="sqlite:///FILE or postgresql://USER@HOST:PORT/DATABASE; leave its password to PGPASSWORD or ~/.pgpass",
    )
    mode: Literal["create", "require"] = option(
        "create", help="create makes the table from the first rows if it is missing, require refuses to run without it"
    )
    conflict: Literal["error", "ignore", "update"] = option(
        "error",
        help="what becomes of a row whose key is in the table already: it is refused, left out, or replaces the values there",
    )
    key: str = option(
        "", help="columns with commas in which no two rows agree; the primary key of a table that is created"
    )


def make(options: SqlOptions) -> Sink:
    """Build the sink, importing SQLAlchemy only now. Raises OptionError for a wrong URL, a missing table or a missing driver."""
    from anagram_plugin_sql.sink import SqlSink  # noqa: PLC0415 - only when it is chosen

    return SqlSink(options)


@hookimpl
def anagram_register_sinks() -> Sequence[ComponentOf[Sink]]:
    return [
        Component(name="sql", summary="sql:TABLE, a table of SQLite or PostgreSQL", factory=make, options=SqlOptions)
    ]
