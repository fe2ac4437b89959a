"""The deliveries to a sink, as a checkpoint knows them: which items the last one contains, so that it can be made again."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from zlib import crc32

from pipeline_optimization.checkpoint.items import text_of
from pipeline_optimization.checkpoint.problems import damaged, explained
from pipeline_optimization.errors import CheckpointError

__all__ = ["DeliveryLog"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS delivery (
    only INTEGER PRIMARY KEY CHECK (only = 1), run TEXT NOT NULL,
    number INTEGER NOT NULL, rows INTEGER NOT NULL, rows_before INTEGER NOT NULL, is_confirmed INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS delivering (task TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (task, id)) WITHOUT ROWID;
"""

Key = tuple[str, str]


class DeliveryLog:
    """The deliveries of a run.

    What is written is safe after the store's next ``commit``, even against power cuts: a sink must never know of a delivery that the checkpoint has
    forgotten. Every method raises CheckpointError, as those of the store do.

    Attributes:
        run: The run's identity for sinks.
        number: The number of the last delivery.
        rows: How many rows all deliveries have.
    """

    def __init__(
        self,
        path: str,
        database: sqlite3.Connection,
        write: Callable[[], None],
        sound: Callable[[object, object], bytes],
        uncommitted: Sequence[Key],
        *,
        removed: Callable[[int], None],
    ) -> None:
        self._path = path
        self._database = database
        self._write = write
        self._sound = sound
        self._uncommitted = uncommitted
        self._removed = removed
        with explained(path):
            database.execute("PRAGMA synchronous = FULL")
            for statement in filter(str.strip, SCHEMA.split(";")):
                database.execute(statement)
            database.execute("INSERT OR IGNORE INTO delivery VALUES (1, ?, 0, 0, 0, 1)", (os.urandom(16).hex(),))
            run, *facts = database.execute(
                "SELECT run, number, rows, rows_before, is_confirmed FROM delivery"
            ).fetchone()
            self.run = str(run)
            self.number, self._rows, self._before, self._is_confirmed = map(int, facts)

    @property
    def rows(self) -> int:
        return self._before + self._rows

    def settle(self, last: int) -> None:
        """Compare with the number of the last delivery that the sink has, and take over what follows from it.

        Raises CheckpointError if the number is impossible. All deliveries of a checkpoint except the last were certainly made, and the last too if it
        is confirmed.
        """
        if last == self.number:
            return
        if last == self.number - 1 and not self._is_confirmed:
            self.withdraw(drop_items=True)
            return
        raise CheckpointError(
            f"The sink has {last} deliveries of the run of the checkpoint {self._path!r}, which has made {self.number}: it is another sink, or "
            "somebody removed or restored one of the two. Name the sink that the run began with, or start anew with another checkpoint.",
            path=self._path,
        )

    def intend(self, number: int, rows: int) -> None:
        """Note how many rows a delivery has. If it is the next one, it contains all items that the next commit makes safe.

        That includes items without rows, because which items exist may depend on when others were finished.
        """
        is_next = number != self.number
        if is_next:
            self._before, self.number = self.rows, number
        self._rows, self._is_confirmed = rows, 0
        with explained(self._path):
            self._write()
            if is_next:
                self._database.execute("DELETE FROM delivering")
                self._database.executemany("INSERT OR IGNORE INTO delivering VALUES (?, ?)", self._uncommitted)
            self._put()

    def withdraw(self, *, drop_items: bool = False) -> None:
        """Note that the last delivery was not made, because it had no rows in the end or the sink has not got it.

        With ``drop_items`` its items will be run again.
        """
        with explained(self._path):
            self._write()
            if drop_items:
                self._delete("(task, id) IN (SELECT task, id FROM delivering)")
            self._database.execute("DELETE FROM delivering")
            self.number, self._rows, self._is_confirmed = self.number - 1, 0, 1
            self._put()

    def result_of(self, task: str, item: str) -> bytes:
        """Return the stored result of an item in the present delivery."""
        with explained(self._path):
            row = self._database.execute(
                "SELECT result, result_checksum FROM item WHERE task = ? AND id = ?", (task, text_of(item))
            ).fetchone()
        if row is None:
            raise damaged(self._path, f"it has lost {task}:{item}")
        return self._sound(*row)

    def replace(self, task: str, item: str, result: bytes) -> None:
        """Replace the result of a stored item."""
        with explained(self._path):
            self._write()
            self._database.execute(
                "UPDATE item SET result = ?, result_checksum = ? WHERE task = ? AND id = ?",
                (result, crc32(result), task, text_of(item)),
            )

    def remove(self, task: str, item: str) -> None:
        """Note that an item is not finished."""
        with explained(self._path):
            self._write()
            self._delete("task = ? AND id = ?", task, text_of(item))

    def confirm(self) -> None:
        """Note that the last delivery was made."""
        self._is_confirmed = 1
        with explained(self._path):
            self._write()
            self._put()

    def _delete(self, where: str, *given: object) -> None:
        """Remove items from the store, and let it count them."""
        self._removed(self._database.execute(f"DELETE FROM item WHERE {where}", given).rowcount)  # noqa: S608 - our own texts

    def _put(self) -> None:
        self._database.execute(
            "UPDATE delivery SET number = ?, rows = ?, rows_before = ?, is_confirmed = ?",
            (self.number, self._rows, self._before, self._is_confirmed),
        )
