"""A file of results by key, which many processes use at once. It is a SQLite database, and nothing in it is unpickled.

A write-ahead log keeps it whole if a process is killed. If it is damaged all the same, it is moved aside, and a new file begins.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from pipeline_optimization.errors import OptionError

__all__ = ["ResultFile"]

APPLICATION = 0x616E6772
"""The application id in the header of the file: "angr"."""

SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS result (
    key BLOB NOT NULL UNIQUE, value BLOB NOT NULL, checksum INTEGER NOT NULL, used INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS used ON result (used);
PRAGMA application_id = {APPLICATION};
COMMIT;
"""

PATIENCE = 10.0
"""Seconds that a process waits for another one's write."""

REFRESH = 3_600_000
"""Milliseconds after which another use of a result is written down. Writing down each use would cost more than it helps."""

SPARED = 0.9
"""The share of its size that a full file keeps: the results that were used last."""

ROW = 64
"""Bytes that a result takes beside its value, about."""

SURROUNDINGS = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_IOERR,
    }
)
"""Errors that do not mean that the file is damaged. All other errors do, and so does a file that is too short."""

T = TypeVar("T")


class ResultFile:
    """Keeps about ``size`` bytes of results in the file ``path``: those that were used last. Threads may share one object.

    If anything goes wrong, results are computed again, and nothing else happens. ``problems`` tells what went wrong.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None
        self._inode = 0
        self._is_off = False
        self._unchecked = 0
        self.problems: list[str] = []

    def check(self) -> None:
        """Open the file, or create it. Raises OptionError if that is impossible, or if the file belongs to another program."""
        try:
            with self._lock:
                self._retrying(lambda database: None)
        except OSError as error:
            raise OptionError(
                f"The cache {str(self._path)!r} cannot be used: {error.strerror or error}. Name another file."
            ) from error
        except sqlite3.Error as error:
            raise OptionError(f"The cache {str(self._path)!r} cannot be used: {error}. Name another file.") from error

    def get(self, key: bytes) -> bytes | None:
        """Return the result of a key, or None if there is none."""

        def read(database: sqlite3.Connection) -> bytes | None:
            row = database.execute("SELECT value, checksum, used FROM result WHERE key = ?", (key,)).fetchone()
            if row is None:
                return None
            value, checksum, used = row
            if not isinstance(value, bytes) or zlib.crc32(value) != checksum:
                database.execute("DELETE FROM result WHERE key = ?", (key,))
                return None
            if used < (now := _now()) - REFRESH:
                database.execute("UPDATE result SET used = ? WHERE key = ?", (now, key))
            return value

        return self._guarded(read)

    def put(self, key: bytes, value: bytes) -> None:
        """Keep a result. If the file is full, the results that were not used for longest are dropped."""
        if len(value) > self._size // 4:
            return

        def write(database: sqlite3.Connection) -> None:
            row = (key, value, zlib.crc32(value), _now())
            database.execute("INSERT OR REPLACE INTO result VALUES (?, ?, ?, ?)", row)
            self._unchecked += len(value) + ROW
            if self._unchecked > self._size // 64:
                self._unchecked = 0
                if self._used(database) > self._size:
                    self._forget(database)

        self._guarded(write)

    def forget(self, key: bytes) -> None:
        """Drop a damaged result."""
        self._guarded(lambda database: database.execute("DELETE FROM result WHERE key = ?", (key,)))

    def close(self) -> None:
        """Close the file. No result is remembered from now on."""
        with self._lock:
            self._is_off = True
            self._disconnect()

    def _used(self, database: sqlite3.Connection) -> int:
        pages, free, size = (
            database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def _forget(self, database: sqlite3.Connection) -> None:
        while self._used(database) > self._size * SPARED:
            (number,) = database.execute("SELECT count(*) FROM result").fetchone()
            if not number:
                return
            oldest = "SELECT key FROM result ORDER BY used LIMIT ?"
            database.execute(f"DELETE FROM result WHERE key IN ({oldest})", (max(1, number // 16),))  # noqa: S608 - no input

    def _guarded(self, use: Callable[[sqlite3.Connection], T]) -> T | None:
        with self._lock:
            if self._is_off:
                return None
            try:
                return self._retrying(use)
            except (OSError, sqlite3.Error, OptionError) as error:
                self._is_off = True  # so that later elements do not wait for it again
                self._disconnect()
                self.problems.append(f"The cache {str(self._path)!r} is not used any more: {error}.")
                return None

    def _retrying(self, use: Callable[[sqlite3.Connection], T]) -> T:
        """Use the database. If its file is damaged, replace the file and try once more."""
        try:
            return use(self._connected())
        except sqlite3.DatabaseError as error:
            if (
                error.sqlite_errorcode & 0xFF in SURROUNDINGS
                and error.sqlite_errorcode != sqlite3.SQLITE_IOERR_SHORT_READ
            ):
                raise
            self._replace(error)
            return use(self._connected())

    def _connected(self) -> sqlite3.Connection:
        if self._database is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            database = sqlite3.connect(self._path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
            try:
                self._inode = self._path.stat().st_ino
                self._prepare(database)
            except BaseException:
                database.close()
                raise
            self._database = database
        return self._database

    def _prepare(self, database: sqlite3.Connection) -> None:
        if _application(database) != APPLICATION:
            with _alone(self._path.parent):  # SQLite lets no process wait while another changes the journal mode
                application = _application(database)  # another process may have been first
                if application != APPLICATION:
                    (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
                    if application or tables:
                        raise OptionError(
                            f"{str(self._path)!r} is a database of another program, and no cache. Name another file."
                        )
                    database.execute("PRAGMA journal_mode = WAL")
                    database.executescript(SCHEMA)
        # After a power cut the file may be damaged. That costs its results, and nothing else.
        database.execute("PRAGMA synchronous = OFF")

    def _replace(self, error: sqlite3.DatabaseError) -> None:
        """Move a damaged file aside, unless another process has done so."""
        self._disconnect()
        with _alone(self._path.parent):
            if self._path.exists() and self._path.stat().st_ino == self._inode:
                os.replace(self._path, f"{self._path}.damaged")
                for log in ("-wal", "-shm"):
                    Path(f"{self._path}{log}").unlink(missing_ok=True)
        self.problems.append(
            f"The cache {str(self._path)!r} was damaged ({error}). A new one was begun; the old one has the suffix '.damaged'."
        )

    def _disconnect(self) -> None:
        database, self._database = self._database, None
        if database is not None:
            with suppress(sqlite3.Error):
                database.close()


def _application(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA application_id").fetchone()[0])


def _now() -> int:
    return time.time_ns() // 1_000_000


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Keep other processes out of this section."""
    try:
        import fcntl  # noqa: PLC0415 - not on Windows, where a file that is in use cannot be moved
    except ImportError:
        yield
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
