"""The target of a stream of lines: a file, a FIFO, a device, or a descriptor that the caller has opened."""

from __future__ import annotations

import errno
import os
import re
import select
import stat
import time

from pipeline_optimization.errors import UsageError

__all__ = ["Target"]

DESCRIPTOR = re.compile(r"fd:(\d+)")

STANDARD = 2
"""The highest descriptor of the standard streams."""

ATOMIC = select.PIPE_BUF if hasattr(select, "PIPE_BUF") else 512
"""Writing at most this many bytes to a pipe that has any room does not block."""

READER_PATIENCE = 2.0
"""Seconds within which a process must begin to read a FIFO."""

NAP = 0.02


class Target:
    """Takes whole lines. A regular file keeps its content until the first line is written.

    Raises UsageError, before anything is lost, if it cannot be written.
    """

    def __init__(self, path: str, *, option: str = "--events") -> None:
        self._path = path
        self._owns = False
        self._is_new = False
        self._is_empty = True
        self._is_torn = False
        try:
            self._handle = self._open(path, option)
        except (OSError, ValueError) as error:
            reason = (error.strerror or error) if isinstance(error, OSError) else error
            raise UsageError(f"Cannot write {path!r}: {reason}. Name another {option}.") from error
        facts = os.fstat(self._handle)
        self._is_regular = stat.S_ISREG(facts.st_mode)

    def _open(self, path: str, option: str) -> int:
        if path == "-" or path in {f"fd:{number}" for number in range(STANDARD + 1)}:
            raise UsageError(
                f"{option} {path} would mix events with results and messages. Give them a file or a descriptor of their own: "
                f"{option} fd:3 3>FILE"
            )
        if (given := DESCRIPTOR.fullmatch(path)) is not None:
            handle = int(given[1])
            os.write(handle, b"")  # raises if the descriptor is not open, or not for writing
            return handle
        self._owns = True
        if _is_fifo(path):
            return _open_fifo(path, option)
        self._is_new = not os.path.exists(path)
        return os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | os.O_NOCTTY, 0o666)

    def write(self, data: bytes, *, until: float) -> None:
        """Write whole lines. Raises OSError if that is impossible, and TimeoutError if no reader takes them by the time ``until``.

        After an error, a regular file ends with the last whole line, and any other file goes on with a new line.
        """
        if not self._is_regular:
            self._write_slowly(b"\n" + data if self._is_torn else data, until)
            return
        if self._is_empty and self._owns:
            os.ftruncate(self._handle, 0)
        self._is_empty = False
        before = os.lseek(self._handle, 0, os.SEEK_CUR)
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self._handle, left) :]
        except OSError:
            if self._owns:
                os.ftruncate(self._handle, before)
                os.lseek(self._handle, before, os.SEEK_SET)
            raise

    def _write_slowly(self, data: bytes, until: float) -> None:
        """Write to something that may have no room, such as a pipe whose reader is slow or gone."""
        left = memoryview(data)
        while left:
            _, ready, _ = select.select([], [self._handle], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise TimeoutError(errno.ETIMEDOUT, "nobody reads it")
            written = os.write(self._handle, left[:ATOMIC])
            left = left[written:]
            self._is_torn = bool(left)

    def close(self) -> None:
        """Close what was opened here, and remove a new file to which nothing was written."""
        if self._owns:
            os.close(self._handle)
            if self._is_new and self._is_empty and self._is_regular:
                os.unlink(self._path)


def _is_fifo(path: str) -> bool:
    try:
        return stat.S_ISFIFO(os.stat(path).st_mode)
    except OSError:
        return False


def _open_fifo(path: str, option: str) -> int:
    """Open a FIFO once it has a reader, which may be about to start."""
    until = time.monotonic() + READER_PATIENCE
    while True:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() > until:
                raise UsageError(
                    f"No process reads the FIFO {path!r}. Start its reader first, or name another {option}."
                ) from error
            time.sleep(NAP)
        else:
            os.set_blocking(handle, True)
            return handle
