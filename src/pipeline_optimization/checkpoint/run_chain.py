"""The runs of a checkpoint, each of which goes on with the one before."""

from __future__ import annotations

import sqlite3

from pipeline_optimization.checkpoint.problems import explained

__all__ = ["follow"]

SCHEMA = "CREATE TABLE IF NOT EXISTS run (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE)"


def follow(path: str, database: sqlite3.Connection, run: str) -> str:
    """Note that a run goes on with a checkpoint. Return the id of the run that was noted before, or empty for the first.

    Only observed runs are noted, because their records are identified by these ids. Raises CheckpointError as the store does.
    """
    with explained(path):
        database.execute(SCHEMA)
        last = database.execute("SELECT id FROM run ORDER BY number DESC LIMIT 1").fetchone()
        database.execute("INSERT INTO run (id) VALUES (?)", (run,))
    return "" if last is None else str(last[0])
