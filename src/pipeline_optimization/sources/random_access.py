"""Reading anywhere in a file: of this machine, or of a file system behind a URL."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from attrs import define, field

from pipeline_optimization.errors import InputError
from pipeline_optimization.sources.failure import unreadable
from pipeline_optimization.sources.url import UrlSource, is_url

if TYPE_CHECKING:
    from pipeline_optimization.sources.url import UrlFile

__all__ = ["OPEN_FLAGS", "RandomAccess", "open_random", "read_once"]

OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class RandomAccess(Protocol):
    """A file that is opened at the first read. Both methods raise InputError where it cannot be read."""

    def read(self, start: int, size: int) -> bytes:
        """Return exactly ``size`` bytes, at least one; it is an error if there are fewer."""
        ...

    def close(self) -> None: ...


def open_random(path: str) -> RandomAccess:
    return _Remote(path) if is_url(path) else _Local(path)


def read_once(path: str, start: int, size: int) -> bytes:
    """Read as ``open_random`` does, once: without an object for it, which would take a tenth of the time of a small file.

    Raises InputError where it cannot be read.
    """
    if is_url(path):
        return _Remote(path).read(start, size)
    handle = _open(path)
    try:
        return _read(handle, path, start, size)
    finally:
        os.close(handle)


def _open(path: str) -> int:
    try:
        return os.open(path, OPEN_FLAGS)
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        raise unreadable(path, error) from error


def _read(handle: int, path: str, start: int, size: int) -> bytes:
    try:
        data = os.pread(handle, size, start)
        while len(data) < size and (more := os.pread(handle, size - len(data), start + len(data))):
            data += more
    except OSError as error:
        raise unreadable(path, error, after=start) from error
    return data if len(data) == size else _whole(data, path, start, size)


@define
class _Local:
    _path: str
    _handle: int = field(default=-1, init=False)

    def read(self, start: int, size: int) -> bytes:
        if self._handle < 0:
            self._handle = _open(self._path)
        return _read(self._handle, self._path, start, size)

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


@define
class _Remote:
    _url: str
    _file: UrlFile | None = field(default=None, init=False)

    def read(self, start: int, size: int) -> bytes:
        if self._file is None:
            self._file = UrlSource(self._url).file()
        return _whole(self._file.read(start, size), self._url, start, size)

    def close(self) -> None:
        self._file = None


def _whole(data: bytes, name: str, start: int, size: int) -> bytes:
    if len(data) < size:
        raise InputError(
            f"{name!r} became shorter while it was read: it ends at byte {start + len(data):,}. "
            "Count it when nobody writes it",
            source=name,
        )
    if len(data) > size:
        raise InputError(
            f"{name!r} cannot be read in parts: {size:,} bytes were asked for, and {len(data):,} came. Copy it to a file",
            source=name,
        )
    return data
