"""Ranges of files: chunks that are named instead of carried, so that the worker that counts a chunk also reads it.

A chunk of a plain file, or of a file behind a URL, is defined by where it begins and ends. To find its end, a few bytes before the next border are
read. The text itself is read once, where it is counted.
"""

from __future__ import annotations

import io
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from attrs import Factory, define, field

from pipeline_optimization.sources import white_space
from pipeline_optimization.sources.chunking import Chunk, cut_stream, longest_run
from pipeline_optimization.sources.compression import HEAD_BYTES, compression_in
from pipeline_optimization.sources.decompression import open_by_content
from pipeline_optimization.sources.encoding import BYTE_ORDER_MARK, encoding_in
from pipeline_optimization.sources.file_state import UNKNOWN
from pipeline_optimization.sources.random_access import RandomAccess, open_random, read_once
from pipeline_optimization.sources.stream import InputStream
from pipeline_optimization.sources.url_scheme import is_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pipeline_optimization.sources.squeezing import Squeeze

__all__ = [
    "FIRST_BYTES",
    "FileRange",
    "cut_file",
    "cut_range",
    "is_plain",
    "is_plain_file",
    "read_ranges",
    "total_size",
]

FIRST_BYTES = frozenset(b"\x1f\x42\xfd\x28\xff\xfe\x00")
"""If a file begins with none of these bytes, ``is_plain`` is true for it."""

FIRST_LOOK = 4096
"""Bytes before a border in which white space is searched first."""

LOOK_GROWTH = 16


class FileRange(NamedTuple):
    """The bytes of a file from ``start`` up to but not including ``stop``. It is a plain tuple, because there may be many.

    ``state`` is that of the file when the run began (``file_state``). A reader of the range makes sure that it has not changed.
    """

    path: str
    start: int
    stop: int
    state: int = UNKNOWN

    @property
    def size(self) -> int:
        return self.stop - self.start

    @property
    def is_remote(self) -> bool:
        return is_url(self.path)


def total_size(ranges: Sequence[FileRange]) -> int:
    """Return how many bytes ranges have in all."""
    return sum(part[2] - part[1] for part in ranges)


def _unknown(start: int) -> int | None:
    return None


def _one(blocks_left: int) -> int:
    return 1


def cut_file(
    path: str,
    size: int,
    chunk_size: int,
    *,
    state: int = UNKNOWN,
    blocks: Callable[[int], int] = _one,
    known_stop: Callable[[int], int | None] = _unknown,
) -> Iterator[FileRange]:
    """Cut the first ``size`` bytes of a plain file into ranges that split no word.

    A range ends behind the last white space of a block of ``chunk_size`` bytes. If its last block has no white space, another block is added. So the
    cuts depend only on the bytes and the arguments.

    Args:
        path: The file.
        size: Its size in bytes.
        chunk_size: Bytes of a block.
        state: The file's state.
        blocks: Returns how many blocks the next range has, given how many are left.
        known_stop: May return where the range that begins at a byte ends, so that the file need not be read there.

    Raises:
        InputError: If the file cannot be read.
    """
    yield from _cut(FileRange(path, 0, size, state), chunk_size, blocks, known_stop)


def cut_range(part: FileRange, chunk_size: int, *, blocks: Callable[[int], int] = _one) -> Iterator[FileRange]:
    """Cut a range as ``cut_file`` cuts a file. ``blocks`` returns how many blocks of ``chunk_size`` bytes the next range has."""
    yield from _cut(part, chunk_size, blocks, _unknown)


def _cut(
    part: FileRange, chunk_size: int, blocks: Callable[[int], int], known_stop: Callable[[int], int | None]
) -> Iterator[FileRange]:
    path, start, size, state = part
    border = start // chunk_size * chunk_size  # the end of the last block of the last range
    border += chunk_size * blocks(-((border - size) // chunk_size))
    with closing(open_random(path, state)) as file:
        while border < size:
            stop = known_stop(start) or _last_end(file, max(start, border - chunk_size), border)
            if stop:
                yield FileRange(path, start, stop, state)
                start = stop
                border = -(-stop // chunk_size) * chunk_size  # the end of the block that it ends in
                border += chunk_size * blocks(-((border - size) // chunk_size))
            else:
                border += chunk_size
    if start < size:
        yield FileRange(path, start, size, state)


def read_ranges(ranges: Sequence[FileRange], chunk_size: int, squeeze: Squeeze | None) -> Iterator[Chunk]:
    """Read ranges that end at white space or with their file, as one chunk. The end of a file ends a word.

    A whole file gives chunks of its own if it is compressed, or in UTF-16 or UTF-32 by its mark. A single range of more than two chunks, such as one
    with a giant run without white space, is read in bounded memory, as ``read_chunks`` reads, and may give several chunks. The same holds for a range
    behind a URL, where each look would be a request. Raises InputError, behind the last chunk at the latest, if a file cannot be read, has become
    shorter than the range, or does not have the range's state any more.
    """
    if len(ranges) == 1 and (ranges[0].size > 2 * longest_run(chunk_size) or ranges[0].is_remote):
        reader, name = _RangeReader(ranges[0]), ranges[0].path
        raw = reader if ranges[0].start else open_by_content(reader, name)
        with closing(InputStream(raw, name)) as stream:
            yield from cut_stream(stream, chunk_size, squeeze, is_start=ranges[0].start == 0)
        return
    plain: list[bytes] = []
    for part in ranges:
        data = read_once(part.path, part.start, part.size, part.state)
        if part.start or not data or data[0] not in FIRST_BYTES or is_plain(data):
            plain.append(data if part.start else data.removeprefix(BYTE_ORDER_MARK))
        else:
            yield from _cut_whole(data, part.path, chunk_size, squeeze)
    if plain:
        yield Chunk.of(b"\n".join(plain))


def is_plain(head: bytes) -> bool:
    """Return whether a file that begins like this is text in UTF-8: not compressed, and without a mark of another encoding."""
    return compression_in(head[:HEAD_BYTES]) is None and encoding_in(head) is None


def is_plain_file(path: str, size: int, state: int) -> bool:
    """Return ``is_plain`` for the beginning of a file. Raises InputError if it cannot be read."""
    return is_plain(read_once(path, 0, min(size, HEAD_BYTES), state))


def _cut_whole(data: bytes, name: str, chunk_size: int, squeeze: Squeeze | None) -> Iterator[Chunk]:
    with closing(InputStream(open_by_content(io.BytesIO(data), name), name)) as stream:
        yield from cut_stream(stream, chunk_size, squeeze)


def _last_end(file: RandomAccess, low: int, high: int) -> int:
    """Return where the last white space ends that ends after ``low`` and not after ``high``, or 0 if there is none."""
    look = FIRST_LOOK
    lowest = max(0, low - white_space.MAX_BYTES + 1)
    while True:
        start = max(lowest, high - look)
        end = start + white_space.last_end(file.read(start, high - start))
        if end > max(low, start):
            return end
        if start == lowest:
            return 0
        # White space is nearly always close to the end, so little is read at first.
        look *= LOOK_GROWTH


@define(eq=False, repr=False)
class _RangeReader:
    """Reads a range to its end, and verifies there that its file has not changed."""

    part: FileRange
    _file: RandomAccess = field(
        default=Factory(lambda self: open_random(self.part.path, self.part.state), takes_self=True), init=False
    )
    position: int = field(default=0, init=False)

    def read(self, size: int, /) -> bytes:
        size = min(size, self.part.size - self.position)
        if size == 0:
            return b""  # an object store that is asked for no bytes returns all of them
        data = self._file.read(self.part.start + self.position, size)
        self.position += size
        if self.position == self.part.size:
            self._file.verify()
        return data

    def close(self) -> None:
        self._file.close()
