"""Ranges of files: chunks that are named instead of carried, so that whoever counts them reads them too.

A chunk of a plain file is told by where it begins and ends. Finding its end takes a look at a few bytes before the
next border; the text itself is read once, where it is counted.
"""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from attrs import Factory, define, field

from pipeline_optimization.errors import InputError
from pipeline_optimization.sources import white_space
from pipeline_optimization.sources.chunking import Chunk, cut_stream, longest_run
from pipeline_optimization.sources.failure import unreadable
from pipeline_optimization.sources.stream import InputStream
from pipeline_optimization.sources.utf8 import BYTE_ORDER_MARK, count_invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pipeline_optimization.sources.squeezing import Squeeze

__all__ = ["FileRange", "cut_file", "cut_range", "guided", "read_ranges"]

GUIDED_SHARE = 16
MAX_BLOCKS = 16

FIRST_LOOK = 4096
"""Bytes before a border in which white space is searched first."""

LOOK_GROWTH = 16

OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class FileRange(NamedTuple):
    """The bytes of a file from ``start`` up to but not including ``stop``. A plain tuple, as there are many."""

    path: str
    start: int
    stop: int

    @property
    def size(self) -> int:
        return self.stop - self.start


def _unknown(start: int) -> int | None:
    return None


def _one(blocks_left: int) -> int:
    return 1


def guided(blocks_left: int) -> int:
    """Return how many blocks the next range has, so that there are few ranges, and small ones towards the end.

    Guided self-scheduling (C. Polychronopoulos, D. Kuck, IEEE Transactions on Computers C-36, 1987) for about as many
    workers as ``GUIDED_SHARE``: each range is that part of what is left. ``MAX_BLOCKS`` bounds what a death costs.
    """
    return max(1, min(MAX_BLOCKS, blocks_left // GUIDED_SHARE))


def cut_file(
    path: str,
    size: int,
    chunk_size: int,
    *,
    blocks: Callable[[int], int] = _one,
    known_stop: Callable[[int], int | None] = _unknown,
) -> Iterator[FileRange]:
    """Cut the first ``size`` bytes of a plain file into ranges that split no word.

    A range ends behind the last white space of a block of ``chunk_size`` bytes, and has as many blocks as ``blocks``
    says, given how many there are left; a last block without white space adds another. So the cuts depend on the
    bytes and the arguments only. ``known_stop`` may tell where the range that begins somewhere ends, so that the file
    need not be looked at there.

    Raises InputError where the file cannot be read.
    """
    yield from _cut(FileRange(path, 0, size), chunk_size, blocks, known_stop)


def cut_range(part: FileRange, chunk_size: int) -> Iterator[FileRange]:
    """Cut a range into ranges of about ``chunk_size`` bytes, as ``cut_file`` cuts a file."""
    yield from _cut(part, chunk_size, _one, _unknown)


def _cut(
    part: FileRange, chunk_size: int, blocks: Callable[[int], int], known_stop: Callable[[int], int | None]
) -> Iterator[FileRange]:
    path, start, size = part.path, part.start, part.stop
    border = start // chunk_size * chunk_size  # the end of the last block of the last range
    border += chunk_size * blocks(-((border - size) // chunk_size))
    with closing(_File(path)) as file:
        while border < size:
            stop = known_stop(start) or _last_end(file, max(start, border - chunk_size), border)
            if stop:
                yield FileRange(path, start, stop)
                start = stop
                border = -(-stop // chunk_size) * chunk_size  # the end of the block that it ends in
                border += chunk_size * blocks(-((border - size) // chunk_size))
            else:
                border += chunk_size
    if start < size:
        yield FileRange(path, start, size)


def read_ranges(ranges: Sequence[FileRange], chunk_size: int, squeeze: Squeeze | None) -> Iterator[Chunk]:
    """Read ranges that end at white space or with their file, as one chunk; ends of files end words.

    A single range of more than two chunks holds a giant run without white space: it is read as ``read_chunks`` reads,
    in bounded memory, and may give several chunks. Raises InputError where a file cannot be read, or has become
    shorter than the range.
    """
    if len(ranges) == 1 and ranges[0].size > 2 * longest_run(chunk_size):
        with closing(InputStream(_RangeReader(ranges[0]), ranges[0].path)) as stream:
            yield from cut_stream(stream, chunk_size, squeeze, is_start=ranges[0].start == 0)
        return
    data = b"\n".join(map(_read_whole, ranges))
    yield Chunk(data=data, invalid_bytes=count_invalid(data))


def _last_end(file: _File, low: int, high: int) -> int:
    """Return where the last white space ends that ends after ``low`` and not after ``high``; 0 if there is none."""
    look = FIRST_LOOK
    lowest = max(0, low - white_space.MAX_BYTES + 1)
    while True:
        start = max(lowest, high - look)
        end = start + white_space.last_end(file.read(start, high - start))
        if end > max(low, start):
            return end
        if start == lowest:
            return 0
        look *= LOOK_GROWTH


def _read_whole(part: FileRange) -> bytes:
    handle = _open(part.path)
    try:
        data = _read(handle, part.path, part.start, part.size)
    finally:
        os.close(handle)
    return data if part.start else data.removeprefix(BYTE_ORDER_MARK)


def _open(path: str) -> int:
    try:
        return os.open(path, OPEN_FLAGS)
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        raise unreadable(path, error) from error


def _read(handle: int, path: str, start: int, size: int) -> bytes:
    """Return exactly ``size`` bytes; raises InputError where there are fewer, or none can be read."""
    try:
        data = os.pread(handle, size, start)
        while len(data) < size and (more := os.pread(handle, size - len(data), start + len(data))):
            data += more
    except OSError as error:
        raise unreadable(path, error, after=start) from error
    if len(data) < size:
        raise InputError(
            f"{path!r} became shorter while it was read: it ends at byte {start + len(data):,}. "
            "Count it when nobody writes it",
            source=path,
        )
    return data


class _File:
    """A file that is opened at the first read."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._handle = -1

    def read(self, start: int, size: int) -> bytes:
        """Return exactly ``size`` bytes; raises InputError where there are fewer, or none can be read."""
        if self._handle < 0:
            self._handle = _open(self._path)
        return _read(self._handle, self._path, start, size)

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


@define
class _RangeReader:
    """Reads a range from its start to its end."""

    part: FileRange
    _file: _File = field(default=Factory(lambda self: _File(self.part.path), takes_self=True), init=False)
    position: int = field(default=0, init=False)

    def read(self, size: int, /) -> bytes:
        size = min(size, self.part.size - self.position)
        data = self._file.read(self.part.start + self.position, size)
        self.position += size
        return data

    def close(self) -> None:
        self._file.close()
