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

TAIL = 64 << 10
"""The last bytes that were written to a regular file are remembered, so that the last of its lines can be removed again."""


class Target:
    """Takes whole lines. A regular file keeps its content until the first line is written.

    Raises UsageError, before anything is lost, if it cannot be written.

    Attributes:
        kept: How many lines of the last ``write`` were written. It is exact if that raised an error, and no BrokenPipeError.
    """

    def __init__(self, path: str, *, option: str = "--events") -> None:
        self._path = path
        self._owns = False
        self._is_new = False
        self._is_empty = True
        self._is_torn = False
        self._tail = b""
        self.kept = 0
        try:
            self._handle = self._open(path, option)
        except (OSError, ValueError, OverflowError) as error:
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
        if path.startswith("fd:"):
            raise UsageError(
                f"{path!r} names no descriptor. Give its number, such as {option} fd:3, or the path of a file."
            )
        self._owns = True
        if _is_fifo(path):
            return _open_fifo(path, option)
        self._is_new = not os.path.exists(path)
        return os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | os.O_NOCTTY, 0o666)

    def write(self, data: bytes, *, until: float) -> None:
        """Write whole lines. Raises OSError if that is impossible, and TimeoutError if no reader takes them by the time ``until``.

        After an error, a regular file that was opened here ends with the last whole line, and any other file goes on with a new line.
        """
        mended = int(self._is_torn)
        data = b"\n" * mended + data
        is_own_file = self._is_regular and self._owns
        if is_own_file and self._is_empty:
            os.ftruncate(self._handle, 0)
        self._is_empty = False
        before = os.lseek(self._handle, 0, os.SEEK_CUR) if is_own_file else 0
        left = memoryview(data)
        try:
            while left:
                left = left[self._write_some(left, until) :]
        except OSError:
            done = len(data) - len(left)
            end = data.rfind(b"\n", 0, done) + 1
            self.kept = max(0, data.count(b"\n", 0, end) - mended)
            if is_own_file:
                self._cut(before + end)
                self._tail = (self._tail + data[:end])[-TAIL:]
            elif done:
                self._is_torn = done > end
            raise
        self._is_torn = False
        if is_own_file:
            self._tail = (self._tail + data[-TAIL:])[-TAIL:]

    def make_room(self, size: int) -> int:
        """Remove the last lines of a regular file, at least ``size`` bytes of them. Return how many lines were removed.

        The first line always stays.
        """
        cut = self._tail.rfind(b"\n", 0, max(0, len(self._tail) - size)) + 1
        if not cut:
            return 0
        lines = self._tail.count(b"\n", cut)
        self._cut(os.lseek(self._handle, 0, os.SEEK_CUR) - (len(self._tail) - cut))
        self._tail = self._tail[:cut]
        return lines

    def _cut(self, end: int) -> None:
        os.ftruncate(self._handle, end)
        os.lseek(self._handle, end, os.SEEK_SET)

    def _write_some(self, data: memoryview, until: float) -> int:
        """Write what fits. Something that may have no room, such as a pipe whose reader is slow or gone, is waited for until then."""
        if self._is_regular:
            return os.write(self._handle, data)
        _, ready, _ = select.select([], [self._handle], [], max(0.0, until - time.monotonic()))
        if not ready:
            raise TimeoutError(errno.ETIMEDOUT, "nobody reads it")
        return os.write(self._handle, data[:ATOMIC])

    def close(self) -> None:
        """Close what was opened here, and remove a new file to which nothing was written."""
        if self._owns:
            is_empty = self._is_regular and not os.fstat(self._handle).st_size
            os.close(self._handle)
            if self._is_new and is_empty:
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
