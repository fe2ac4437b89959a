"""A checkpoint: the results of finished items in an SQLite file, each committed with the identity of its item.

One connection in the parent reads and writes it. Workers never do, so that an orphan cannot count twice. The journal is a write-ahead log that is not
synced at each commit. If the process is killed, nothing that was committed is lost; a power cut may lose the last commits, but never half of one.
SQLite checks the log's frames, and each result has a checksum of its own. Nothing in the file is ever unpickled or run.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Self
from zlib import crc32

from pipeline_optimization.checkpoint.deliveries import DeliveryLog
from pipeline_optimization.checkpoint.items import POISON, STOPPED_RUN, Failure, FileSpan, Found, text_of
from pipeline_optimization.checkpoint.problems import damaged, explained
from pipeline_optimization.checkpoint.run_chain import follow
from pipeline_optimization.checkpoint.schema import APPLICATION, FORMAT, SCHEMA, application_of
from pipeline_optimization.checkpoint.splits import SplitLog
from pipeline_optimization.error_text import encodable
from pipeline_optimization.errors import CheckpointError

__all__ = ["CheckpointStore"]

PAGE_BYTES = 16_384
"""Results need many times the usual 4 KiB. Larger pages are written in less time."""

LOG_PAGES = 4096
"""The log may grow to this many pages, 64 MiB, before it is merged into the file, which needs a sync."""


class CheckpointStore:
    """The checkpoint of one run. While it is open, no other run can use it.

    Every method but ``close`` raises CheckpointError if the file is damaged, cannot be written, or contains something that it should not.

    Attributes:
        path: The file.
        finished: How many finished items it has.
        failures: How many items failed for good, at least.
    """

    def __init__(
        self,
        path: str,
        facts: Mapping[str, str],
        *,
        resume: bool,
        invocation: str = "",
        remedies: Mapping[str, str] | None = None,
        accepts: str | None = None,
    ) -> None:
        """Open a checkpoint for the run that ``facts`` describe.

        Args:
            path: The file.
            facts: What the results depend on, by its name for people.
            resume: Whether a checkpoint that exists is used, which must be of the same run. Without it, the file must not exist.
            invocation: Kept in a new checkpoint for ``stored_invocation``.
            remedies: Sentences on what to do if a fact differs, by its name or the beginning of it. "{was}" stands for the old value.
            accepts: Facts whose names begin with this may differ. Then the new value is stored.
        """
        self.path = path
        self._is_writing = False
        self._uncommitted: list[tuple[str, str]] = []
        self._remedies = remedies or {}
        self._accepts = accepts
        with explained(path):
            # Transactions begin and end only where this class says so. If another run holds the lock, this run does not
            # wait for it.
            self._database = sqlite3.connect(path, isolation_level=None, timeout=0)
        try:
            with explained(path):
                self._begin(facts, invocation, resume=resume)
                self.finished: int = self._database.execute("SELECT count(*) FROM item").fetchone()[0]
                self._has_former = self.finished > 0
                self._splits = SplitLog(self._database)
                (self.failures,) = self._database.execute("SELECT count(*) FROM failed").fetchone()
        except BaseException:
            self._database.close()
            raise

    def _begin(self, facts: Mapping[str, str], invocation: str, *, resume: bool) -> None:
        run = self._database.execute
        run("PRAGMA locking_mode = EXCLUSIVE")
        is_new = application_of(self._database, self.path) == 0
        if not is_new and not resume:
            raise CheckpointError(
                f"The checkpoint {self.path!r} exists already. Add --resume to go on with its run, or name another file.",
                path=self.path,
            )
        if is_new:
            # SQLite heeds this only while the file is empty.
            run(f"PRAGMA page_size = {PAGE_BYTES}")
        run("PRAGMA journal_mode = WAL")
        # A power cut may then undo the last commits, but it cannot damage the file. If only the process dies, no commit
        # is lost.
        run("PRAGMA synchronous = NORMAL")
        run(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
        if is_new:
            run("BEGIN IMMEDIATE")
            for statement in filter(str.strip, SCHEMA.split(";")):
                run(statement)
            self._database.executemany("INSERT INTO fact VALUES (?, ?)", [("format", str(FORMAT)), *facts.items()])
            run("INSERT INTO invocation VALUES (1, ?)", (invocation,))
            # This makes the file a checkpoint. It is in the transaction, so a file that is half made never counts as
            # one.
            run(f"PRAGMA application_id = {APPLICATION}")
            run("COMMIT")
            return
        # The quick check does not notice an index that has lost an item, which would then be counted again.
        (state,) = run("PRAGMA integrity_check(1)").fetchone()
        if state != "ok":
            raise sqlite3.DatabaseError(state)
        run("BEGIN IMMEDIATE")  # takes the lock now, so that a second run is refused at once
        changed = self._compare({"format": str(FORMAT), **facts}, dict(run("SELECT name, value FROM fact")))
        self._database.executemany("DELETE FROM fact WHERE name = ?", [(name,) for name in changed])
        kept = [(name, facts[name]) for name in changed if name in facts]
        self._database.executemany("INSERT INTO fact VALUES (?, ?)", kept)
        run("COMMIT")

    def _compare(self, facts: Mapping[str, str], stored: Mapping[str, str]) -> set[str]:
        """Return the facts that have changed and may. Raises CheckpointError for any other fact that differs."""
        changed = set()
        for name in [*stored, *facts]:
            if facts.get(name) != stored.get(name):
                if self._accepts is not None and name.startswith(self._accepts):
                    changed.add(name)
                    continue
                was = stored.get(name, "not given")
                remedy = self._remedy_of(name)
                raise CheckpointError(
                    f"The checkpoint {self.path!r} is of another run: {name} was {was}, and is "
                    f"{facts.get(name, 'not given')}. {remedy.replace('{was}', was)}",
                    path=self.path,
                )
        return changed

    def _remedy_of(self, name: str) -> str:
        begins = (remedy for beginning, remedy in self._remedies.items() if name.startswith(beginning))
        return self._remedies.get(name) or next(begins, "Repeat the run as it was, or start anew with another file.")

    def follow(self, run: str) -> str:
        """Note that an observed run goes on with this checkpoint. Return the id of the run before, or empty for the first."""
        return follow(self.path, self._database, run)

    def find(self, task: str, item: str, data: bytes) -> Found | None:
        """Return an item that an earlier run finished, or None. ``data`` is the item's input."""
        if not self._has_former:
            return None
        with explained(self.path):
            row = self._database.execute(
                "SELECT checksum, result, result_checksum FROM item WHERE task = ? AND id = ?", (task, text_of(item))
            ).fetchone()
        if row is None:
            return None
        checksum, result, result_checksum = row
        self._compare_data(task, item, data, checksum)
        return Found(None if result is None else self._sound(result, result_checksum))

    def _compare_data(self, task: str, item: str, data: bytes, checksum: object) -> None:
        if checksum != crc32(data):
            raise CheckpointError(
                f"The input has changed since the checkpoint {self.path!r} was written: {task}:{item} is another text "
                "now. Count the old input, or start anew with another file.",
                path=self.path,
            )

    def find_failure(self, task: str, item: str, data: bytes, *, is_bundle: bool) -> Failure | None:
        """Return how an item failed for good, or None. ``data`` is as for ``find``, but a bundle with other data is another one."""
        if not self.failures:
            return None
        with explained(self.path):
            row = self._database.execute(
                "SELECT checksum, name, place, error, message, attempts, is_poison FROM failed WHERE task = ? AND id = ?",
                (task, text_of(item)),
            ).fetchone()
        if row is None:
            return None
        checksum, name, place, error, message, attempts, flags = row
        if is_bundle and checksum != crc32(data):
            return None
        self._compare_data(task, item, data, checksum)
        with explained(self.path):
            return Failure(
                name=str(name),
                place=str(place),
                error=str(error),
                message=str(message),
                attempts=int(attempts),
                is_poison=bool(int(flags) & POISON),
                stopped_run=bool(int(flags) & STOPPED_RUN),
            )

    def put_failure(self, task: str, item: str, data: bytes, failure: Failure) -> None:
        """Add an item that failed for good. It is safe after the next ``commit``."""
        texts = map(encodable, (failure.name, failure.place, failure.error, failure.message))
        with explained(self.path):
            self._write()
            self._database.execute(
                "INSERT OR REPLACE INTO failed VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (task, text_of(item), crc32(data), *texts, failure.attempts, failure.flags),
            )
        self.failures += 1

    def put(self, task: str, item: str, data: bytes, result: bytes | None, span: FileSpan | None) -> None:
        """Add a finished item. It is safe after the next ``commit``. An item that is stored already stays unchanged.

        If ``result`` is None, ``put_sum`` must add it before that commit.
        """
        key = task, text_of(item)
        where = (None, None, None) if span is None else (span.path, span.start, span.stop)
        result_checksum = None if result is None else crc32(result)
        with explained(self.path):
            self._write()
            added = self._database.execute(
                "INSERT OR IGNORE INTO item VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (*key, crc32(data), *where, result, result_checksum),
            )
            self.finished += added.rowcount
            self._uncommitted.append(key)
            if self.failures:
                # An earlier run gave this item up, and this run has finished it.
                self._database.execute("DELETE FROM failed WHERE task = ? AND id = ?", key)

    def is_split(self, task: str, item: str, data: bytes) -> bool:
        """Return whether a bundle was replaced by its pieces. ``data`` is as for ``find``."""
        with explained(self.path):
            return self._splits.find(task, item, data)

    def put_split(self, task: str, item: str, data: bytes) -> None:
        """Note that a bundle is replaced by its pieces. It is safe after the next ``commit``."""
        with explained(self.path):
            self._write()
            self._splits.put(task, item, data)

    def stop_of(self, path: bytes, start: int) -> int | None:
        """Return where the part of a file that begins at ``start`` ends, if an earlier run finished it."""
        if not self._has_former:
            return None
        with explained(self.path):
            row = self._database.execute("SELECT stop FROM item WHERE path = ? AND start = ?", (path, start)).fetchone()
            stop = None if row is None else int(row[0])
        if stop is not None and stop <= start:
            raise damaged(self.path, f"a part of a file begins at byte {start} and ends at {stop}")
        return stop

    def put_sum(self, total: bytes) -> None:
        """Replace the sum of all items that have no result of their own."""
        with explained(self.path):
            self._write()
            self._database.execute("INSERT OR REPLACE INTO snapshot VALUES (1, ?, ?)", (total, crc32(total)))

    def stored_sum(self) -> bytes | None:
        """Return the sum of the items without a result, or None if there is none yet."""
        with explained(self.path):
            row = self._database.execute("SELECT sum, checksum FROM snapshot").fetchone()
        return None if row is None else self._sound(*row)

    def deliveries(self) -> DeliveryLog:
        """Return what the checkpoint knows of deliveries to a sink. From now on each commit survives a power cut."""
        return DeliveryLog(self.path, self._database, self._write, self._sound, self._uncommitted, removed=self._forget)

    def _forget(self, items: int) -> None:
        """Note that finished items were removed."""
        self.finished -= items

    def commit(self) -> bool:
        """Make safe what was put. Return whether there was anything."""
        if not self._is_writing:
            return False
        with explained(self.path):
            self._database.execute("COMMIT")
        self._is_writing = False
        self._uncommitted.clear()
        return True

    def close(self) -> None:
        """Close the file. What was not committed is dropped."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self) -> None:
        if not self._is_writing:
            self._database.execute("BEGIN IMMEDIATE")
            self._is_writing = True

    def _sound(self, data: object, checksum: object) -> bytes:
        if not isinstance(data, bytes) or crc32(data) != checksum:
            raise damaged(self.path, "a result does not fit its checksum")
        return data
