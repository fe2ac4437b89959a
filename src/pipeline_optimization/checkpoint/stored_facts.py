"""Reads what an existing checkpoint says of its run, without changing it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from pipeline_optimization.checkpoint.problems import explained
from pipeline_optimization.checkpoint.schema import application_of

__all__ = ["stored_fact", "stored_invocation"]


def stored_fact(path: str, name: str) -> str | None:
    """Return a fact of an existing checkpoint, or None if there is no checkpoint or no such fact.

    Raises CheckpointError if the file is no checkpoint, is damaged, or is in use.
    """
    return _look_up(path, "SELECT value FROM fact WHERE name = ?", name)


def stored_invocation(path: str) -> str | None:
    """Return the invocation with which a checkpoint was begun. Otherwise this is like ``stored_fact``."""
    return _look_up(path, "SELECT json FROM invocation WHERE only = ?", 1)


def _look_up(path: str, query: str, key: object) -> str | None:
    if not Path(path).exists():
        return None
    with explained(path), closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as database:
        if application_of(database, path) == 0:
            return None
        row = database.execute(query, (key,)).fetchone()
    return None if row is None else str(row[0])
