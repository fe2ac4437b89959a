"""The bundles in a checkpoint that were split, because their workers died, for example. A run that goes on begins with their pieces."""

from __future__ import annotations

import sqlite3
from zlib import crc32

from pipeline_optimization.checkpoint.items import text_of

__all__ = ["SplitLog"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS split (
    task TEXT NOT NULL, id TEXT NOT NULL, checksum INTEGER NOT NULL, PRIMARY KEY (task, id)
) WITHOUT ROWID
"""


class SplitLog:
    """The split bundles, each with the checksum of its input.

    A bundle of the same name with another input is another one: how the rest of a bundle is cut depends on time, and a delivery that is made again
    may cut it otherwise.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        # Hardly any checkpoint needs the table, so it is made with the first entry.
        self._exists = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'split'").fetchone() is not None

    def find(self, task: str, item: str, data: bytes) -> bool:
        """Return whether a bundle was split. ``data`` is its input."""
        if not self._exists:
            return False
        row = self._database.execute(
            "SELECT 1 FROM split WHERE task = ? AND id = ? AND checksum = ?", (task, text_of(item), crc32(data))
        ).fetchone()
        return row is not None

    def put(self, task: str, item: str, data: bytes) -> None:
        """Add a bundle that was split."""
        self._database.execute(SCHEMA)
        self._exists = True
        self._database.execute("INSERT OR REPLACE INTO split VALUES (?, ?, ?)", (task, text_of(item), crc32(data)))
