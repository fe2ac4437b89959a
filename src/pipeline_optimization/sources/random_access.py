"""Reading at any place of a file, on this machine or behind a URL."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from attrs import define, field

from pipeline_optimization.errors import InputError
from pipeline_optimization.plural import counted
from pipeline_optimization.sources.failure import unreadable
from pipeline_optimization.sources.file_state import UNKNOWN, changed, is_same_state, removed
from pipeline_optimization.sources.url_scheme import is_url

if TYPE_CHECKING:
    from pipeline_optimization.sources.url import UrlFile

__all__ = ["OPEN_FLAGS", "RandomAccess", "open_random", "read_once"]

OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class RandomAccess(Protocol):
    """A file that is opened at the first read. Its methods raise InputError if it cannot be read."""

    def read(self, start: int, size: int) -> bytes:
        """Return exactly ``size`` bytes, at least one. Fewer bytes are an error."""
        ...

    def verify(self) -> None:
        """Raise InputError if the file has changed since its state was taken, or may have changed before a read."""
        ...

    def close(self) -> None: ...


def open_random(path: str, state: int = UNKNOWN) -> RandomAccess:
    """Return access to a file whose state was ``state`` when the run began."""
    return _Remote(path, state) if is_url(path) else _Local(path, state)


def read_once(path: str, start: int, size: int, state: int = UNKNOWN) -> bytes:
    """Read once as ``open_random`` does, and verify.

    No object is made for that, because it would take a tenth of the time of a small file. Raises InputError if the file cannot be read, or has
    changed.
    """
    if is_url(path):
        remote = _Remote(path, state)
        data = remote.read(start, size)
        remote.verify()
        return data
    handle = _open(path, state)
    try:
        data = _read(handle, path, start, size, state)
        if state and not is_same_state(os.fstat(handle), state):
            raise changed(path)
        return data
    finally:
        os.close(handle)


def _open(path: str, state: int) -> int:
    try:
        return os.open(path, OPEN_FLAGS)
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        if state and isinstance(error, FileNotFoundError):
            raise removed(path) from error
        raise unreadable(path, error) from error


def _read(handle: int, path: str, start: int, size: int, state: int) -> bytes:
    try:
        data = os.pread(handle, size, start)
        while len(data) < size and (more := os.pread(handle, size - len(data), start + len(data))):
            data += more
    except OSError as error:
        raise unreadable(path, error, after=start) from error
    return data if len(data) == size else _whole(data, path, start, size, state)


@define(eq=False, repr=False)
class _Local:
    _path: str
    _state: int
    _handle: int = field(default=-1, init=False)

    def read(self, start: int, size: int) -> bytes:
        if self._handle < 0:
            self._handle = _open(self._path, self._state)
        return _read(self._handle, self._path, start, size, self._state)

    def verify(self) -> None:
        if self._handle >= 0 and not is_same_state(os.fstat(self._handle), self._state):
            raise changed(self._path)

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


@define(eq=False, repr=False)
class _Remote:
    _url: str
    _state: int
    _file: UrlFile | None = field(default=None, init=False)

    def read(self, start: int, size: int) -> bytes:
        if self._file is None:
            from pipeline_optimization.sources.url import UrlSource  # noqa: PLC0415 - hardly any run reads URLs

            self._file = UrlSource(self._url).file()
        try:
            data = self._file.read(start, size)
        except InputError as error:
            if self._state and isinstance(error.__cause__, FileNotFoundError):
                raise removed(self._url) from error.__cause__
            raise
        return _whole(data, self._url, start, size, self._state)

    def verify(self) -> None:
        if self._state and self._file is not None:
            self._file.verify(self._state)

    def close(self) -> None:
        self._file = None


def _whole(data: bytes, name: str, start: int, size: int, state: int) -> bytes:
    if len(data) < size and state:
        raise changed(name)
    if len(data) < size:
        raise InputError(
            f"{name!r} became shorter while it was read: it ends at byte {start + len(data):,}. "
            "Count it when it is not written to",
            source=name,
        )
    if len(data) > size:
        raise InputError(
            f"{name!r} cannot be read in parts: {counted(size, 'byte was', 'bytes were')} asked for, and {len(data):,} came. Copy it to a file",
            source=name,
        )
    return data
