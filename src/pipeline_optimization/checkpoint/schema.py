"""The tables of a checkpoint, and how a file is recognised as one."""

from __future__ import annotations

import sqlite3

from pipeline_optimization.errors import CheckpointError

__all__ = ["APPLICATION", "FORMAT", "SCHEMA", "application_of"]

APPLICATION = 0x616E6167  # "anag", in the header of the file
FORMAT = 1

SCHEMA = """
CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE invocation (only INTEGER PRIMARY KEY CHECK (only = 1), json TEXT NOT NULL);
CREATE TABLE item (
    task TEXT NOT NULL, id TEXT NOT NULL, checksum INTEGER NOT NULL,
    path BLOB, start INTEGER, stop INTEGER,
    result BLOB, result_checksum INTEGER,
    PRIMARY KEY (task, id)
);
CREATE INDEX span ON item (path, start) WHERE path IS NOT NULL;
CREATE TABLE failed (
    task TEXT NOT NULL, id TEXT NOT NULL, checksum INTEGER NOT NULL,
    name TEXT NOT NULL, place TEXT NOT NULL, error TEXT NOT NULL, message TEXT NOT NULL,
    attempts INTEGER NOT NULL, is_poison INTEGER NOT NULL,
    PRIMARY KEY (task, id)
);
CREATE TABLE snapshot (only INTEGER PRIMARY KEY CHECK (only = 1), sum BLOB NOT NULL, checksum INTEGER NOT NULL);
"""


def application_of(database: sqlite3.Connection, path: str) -> int:
    """Return 0 for an empty file and APPLICATION for a checkpoint. Raises CheckpointError for anything else."""
    (application,) = database.execute("PRAGMA application_id").fetchone()
    (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application == APPLICATION or (application == 0 and tables == 0):
        return int(application)
    raise CheckpointError(f"{path!r} is a database, but no checkpoint of a run. Name another file.", path=path)
