"""What items of the fused pipeline carry to workers, and what comes back: ranges to read, and counts of chunks.

All are plain bytes: results are kept in checkpoints, and ranges are many where files are small.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from attrs import frozen

from pipeline_optimization.counting.totals import decode_counts, encode_counts
from pipeline_optimization.errors import InputError
from pipeline_optimization.types import ChunkCounts

if TYPE_CHECKING:
    from pipeline_optimization.sources import FileRange

__all__ = [
    "Counted",
    "decode_counted",
    "decode_ranges",
    "encode_counted",
    "encode_ranges",
    "encode_unreadable",
    "size_of_ranges",
    "without_states",
]

HEADER = struct.Struct("<QI")
LENGTH = struct.Struct("<Q")
RANGES = struct.Struct("<QI")
STATE_BYTES = 8
UNREADABLE = 0xFFFFFFFF
"""In place of the number of chunks: the source could not be read."""


@frozen
class Counted:
    """What came of an item: the counts of its chunks, nearly always one, its invalid UTF-8 sequences, and what it looks like."""

    chunks: Sequence[ChunkCounts]
    invalid_bytes: int = 0
    looks: str = ""


def encode_ranges(ranges: Sequence[FileRange]) -> bytes:
    """Pack ranges: bytes in all, number, where each starts and stops, its name's length, all names, states of files."""
    from pipeline_optimization.sources import total_size  # noqa: PLC0415 - where there are ranges

    paths, starts, stops, states = zip(*ranges, strict=True)
    numbers = array("Q", (*starts, *stops, *map(len, paths)))
    names = "".join(paths).encode("utf-8", "surrogatepass")
    return RANGES.pack(total_size(ranges), len(ranges)) + numbers.tobytes() + names + array("Q", states).tobytes()


def decode_ranges(data: bytes) -> list[FileRange]:
    """Unpack what ``encode_ranges`` packed."""
    from pipeline_optimization.sources import FileRange  # noqa: PLC0415 - as above

    _, number = RANGES.unpack_from(data)
    numbers = array("Q")
    end = RANGES.size + 3 * number * numbers.itemsize
    numbers.frombytes(data[RANGES.size : end])
    states = array("Q")
    states.frombytes(data[len(data) - number * STATE_BYTES :])
    names = without_states(data)[end:].decode("utf-8", "surrogatepass")
    borders = accumulate(numbers[2 * number :], initial=0)
    paths = (names[start:stop] for start, stop in pairwise(borders))
    return list(map(FileRange, paths, numbers[:number], numbers[number : 2 * number], states))


def without_states(data: bytes) -> bytes:
    """Return encoded ranges without the states of their files: what a later run finds again, if no content has changed."""
    _, number = RANGES.unpack_from(data)
    return data[: len(data) - number * STATE_BYTES]


def size_of_ranges(data: bytes) -> int:
    """Return how many bytes the encoded ranges have together: told apart from them, as there may be thousands."""
    size, _ = RANGES.unpack_from(data)
    return int(size)


def encode_counted(counted: Counted) -> bytes:
    parts = [HEADER.pack(counted.invalid_bytes, len(counted.chunks))]
    for counts in counted.chunks:
        data = encode_counts(counts)
        parts += (LENGTH.pack(len(data)), data)
    return b"".join([*parts, counted.looks.encode()])


def encode_unreadable(error: InputError) -> bytes:
    """Return the result that says why there is none: for the run, not only for the item."""
    source = error.source.encode("utf-8", "surrogatepass")
    return HEADER.pack(len(source), UNREADABLE) + source + str(error).encode("utf-8", "surrogatepass")


def decode_counted(result: bytes) -> Counted:
    """Return what came of an item. Raises InputError where its source could not be read."""
    invalid_bytes, number = HEADER.unpack_from(result)
    start = HEADER.size
    if number == UNREADABLE:
        message = start + invalid_bytes
        source = result[start:message].decode("utf-8", "surrogatepass")
        raise InputError(result[message:].decode("utf-8", "surrogatepass"), source=source)
    chunks = []
    for _ in range(number):
        (length,) = LENGTH.unpack_from(result, start)
        start += LENGTH.size
        chunks.append(decode_counts(result[start : start + length]))
        start += length
    return Counted(chunks, invalid_bytes, result[start:].decode())
