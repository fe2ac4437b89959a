"""How a worker counts ranges of files: piece by piece, in several threads if the kernel lets them run at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from attrs import define, field

from pipeline_optimization.anagrams.stages import Counted
from pipeline_optimization.engine.cutting import cutting_point
from pipeline_optimization.sources import (
    FIRST_BYTES,
    Chunk,
    FileRange,
    cut_range,
    is_plain,
    is_url,
    read_ranges,
    total_size,
)
from pipeline_optimization.types import FileReader

if TYPE_CHECKING:
    from pipeline_optimization.sources.squeezing import Squeeze
    from pipeline_optimization.types import CountingKernel, Merge

__all__ = ["PIECE", "RangeCounter"]

PIECE: Final = 1 << 20
"""Bytes that a thread takes at once. They are still in the processor's cache when they are counted."""

BLOCKS: Final = 4
"""How many blocks a piece has. It has fewer at the end of a range, so that threads end together."""

MANY_FILES: Final = 16
"""If a piece has at least this many files, one thread reads at a time. Several threads would wait for the interpreter's lock at each of the four
short system calls for a file, which is slower than reading one file after another."""


@define(eq=False)
class _Pieces:
    """Pieces that threads take in turn, until there are none left or one of the threads stops it."""

    pieces: Iterator[Sequence[FileRange]]
    look: Callable[[], None]
    reading: threading.Lock = field(factory=threading.Lock)
    _lock: threading.Lock = field(factory=threading.Lock)
    _is_stopped: bool = False

    def __iter__(self) -> Iterator[Sequence[FileRange]]:
        return self

    def __next__(self) -> Sequence[FileRange]:
        self.look()
        with self._lock:
            if self._is_stopped:
                raise StopIteration
            return next(self.pieces)

    def stop(self) -> None:
        self._is_stopped = True


class _Share:
    """One thread's part of the work."""

    def __init__(self, counter: RangeCounter, pieces: _Pieces) -> None:
        self._counter = counter
        self._pieces = pieces
        self._invalid_bytes = 0
        self._looks = ""
        self._squeeze = None if counter.squeeze is None else self._squeeze_unless_over

    def _squeeze_unless_over(self, text: str) -> str:
        """Check for the end of the run before a piece of a giant run is squeezed, because the whole giant run is one piece of work otherwise."""
        assert self._counter.squeeze is not None
        self._pieces.look()
        return self._counter.squeeze(text)

    def count(self) -> Counted:
        """Count pieces until there are none left. After an error or a Ctrl-C, no other thread takes a piece either."""
        try:
            counts = list(self._counter.kernel.count_all(self._texts()))
        except BaseException:
            self._pieces.stop()
            raise
        return Counted(counts, self._invalid_bytes, self._looks)

    def _texts(self) -> Iterator[bytes]:
        for piece in self._pieces:
            for chunk in self._read(piece):
                self._pieces.look()
                self._invalid_bytes += chunk.invalid_bytes
                self._looks = self._looks or chunk.looks
                yield chunk.data

    def _read(self, piece: Sequence[FileRange]) -> Iterable[Chunk]:
        chunks = read_ranges(piece, self._counter.chunk_size, self._squeeze)
        if len(piece) < MANY_FILES:
            return chunks
        data = self._counter.read_files(piece)
        with self._pieces.reading:
            return list(chunks) if data is None else [Chunk.of(data)]


@define(eq=False)
class RangeCounter:
    """Counts ranges with ``threads`` threads, one of which is the caller's.

    Attributes:
        kernel: The counting kernel.
        chunk_size: With ``squeeze``, decides how giant runs without white space are read (``read_ranges``).
        squeeze: A filter of characters, or None.
        piece: Bytes of a piece.
        threads: The number of threads.
        merge: Adds up what the threads found, so that one result is sent and kept.
    """

    kernel: CountingKernel
    chunk_size: int
    squeeze: Squeeze | None
    piece: int
    threads: int
    merge: Merge | None = None

    def count(self, ranges: Sequence[FileRange]) -> Counted:
        """Return the counts of ranges that are read as one text. Raises InputError if they cannot be read.

        Between two pieces, it raises CutShort if the run of the calling attempt is over.
        """
        # Behind a URL, each look for a border would be a request, so one thread reads on and on.
        is_whole = self._is_whole(ranges) or (len(ranges) == 1 and ranges[0].is_remote)
        pieces = _Pieces(iter([ranges]) if is_whole else self._cut(ranges), cutting_point())
        if is_whole or self.threads == 1:
            return _Share(self, pieces).count()
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - only where there is work for several

        with ThreadPoolExecutor(self.threads - 1) as others:
            theirs = []
            with suppress(RuntimeError):  # if the system starts no more threads, those that exist do all of it
                for _ in range(self.threads - 1):
                    theirs.append(others.submit(_Share(self, pieces).count))  # noqa: PERF401 - keeps those that started
            ours = _Share(self, pieces).count()
            return self._together([ours, *(share.result() for share in theirs)])

    def read_files(self, ranges: Sequence[FileRange]) -> bytes | None:
        """Return whole local files as the kernel reads them, each in its state. Return None if it cannot, for whatever reason."""
        if not isinstance(self.kernel, FileReader):
            return None
        paths, starts, stops, states = zip(*ranges, strict=True)
        data = None if any(starts) or any(map(is_url, paths)) else self.kernel.read_files(paths, stops, states)
        return data if data is not None and _are_plain(data, stops) else None

    def _together(self, shares: Sequence[Counted]) -> Counted:
        counts = [counts for share in shares for counts in share.chunks]
        if self.merge is not None and len(counts) > 1:
            counts = [self.merge(counts)]
        looks = next((share.looks for share in shares if share.looks), "")
        return Counted(counts, sum(share.invalid_bytes for share in shares), looks)

    def _is_whole(self, ranges: Sequence[FileRange]) -> bool:
        """Return whether the ranges may be all of the input. Then they are counted as one text, so that the different words are known exactly."""
        size = total_size(ranges)
        is_file = len(ranges) == 1 and ranges[0].start == 0
        return size <= (self.chunk_size if is_file else self.chunk_size // 2)

    def _cut(self, ranges: Sequence[FileRange]) -> Iterator[Sequence[FileRange]]:
        if len(ranges) == 1:
            for part in cut_range(ranges[0], -(-self.piece // BLOCKS), blocks=self._blocks):
                yield [part]
            return
        together: list[FileRange] = []
        size = 0
        for part in ranges:
            together.append(part)
            size += part.stop - part.start  # not the property ``size``, because there may be very many
            if size >= self.piece:
                yield together
                together, size = [], 0
        if together:
            yield together

    def _blocks(self, left: int) -> int:
        """Return how many of the blocks that are left the next piece has."""
        return max(1, min(BLOCKS, left // self.threads))


def _are_plain(data: bytes, sizes: Sequence[int]) -> bool:
    """Return whether all files in a text, which are joined by line ends, are plain. Return False too if byte order marks are missing in it."""
    ends = list(accumulate(size + 1 for size in sizes))
    if ends[-1] - 1 != len(data):
        return False
    # An empty file has no first byte. At its place is the line end, or nothing if it is the last.
    starts = [(start, size) for start, size in zip([0, *ends[:-1]], sizes, strict=True) if size]
    return all(is_plain(data[start : start + size]) for start, size in starts if data[start] in FIRST_BYTES)
