"""A chunk's counts as bytes, and the sum of many."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Collection, Hashable, Iterable
from itertools import repeat
from operator import add
from typing import TypeVar

from pipeline_optimization.counting.distinct import DistinctWords
from pipeline_optimization.types import ChunkCounts, GroupIndex, Merge

__all__ = ["Totals", "add_counts", "decode_counts", "encode_counts"]

K = TypeVar("K", bound=Hashable)

HEADER = struct.Struct("<QQIIIB")
SUM_HEADER = struct.Struct("<QQ")

TOGETHER = 16
"""So many results are added up before they are added to the sum."""


def encode_counts(counts: ChunkCounts) -> bytes:
    """Pack counts: words, different words, the two lengths, the chunks, then the groups, their occurrences, and the sample.

    The last number before the arrays tells whether occurrences take 4 bytes each or 8.
    """
    wide = counts.occurrences.typecode == "Q"
    header = HEADER.pack(
        counts.words, counts.distinct_words, len(counts.groups), len(counts.sample), counts.chunks, wide
    )
    return b"".join((header, counts.groups.tobytes(), counts.occurrences.tobytes(), counts.sample.tobytes()))


def decode_counts(data: bytes) -> ChunkCounts:
    """Unpack what ``encode_counts`` packed."""
    words, distinct_words, n_groups, n_sample, chunks, wide = HEADER.unpack_from(data)
    groups, occurrences, sample = array("I"), array("Q" if wide else "I"), array("I")
    start = HEADER.size
    for part, length in ((groups, n_groups), (occurrences, n_groups), (sample, n_sample)):
        end = start + length * part.itemsize
        part.frombytes(data[start:end])
        start = end
    return ChunkCounts(
        groups=groups,
        occurrences=occurrences,
        words=words,
        distinct_words=distinct_words,
        sample=sample,
        chunks=chunks,
    )


def add_counts(total: dict[K, int], keys: Collection[K], numbers: Iterable[int]) -> None:
    """Add a number to each of the keys, which may be there several times. In C from end to end: twice as fast as a loop."""
    total.update(zip(keys, map(add, map(total.get, keys, repeat(0)), numbers), strict=True))


class Totals:
    """The sum of all chunks' counts. Integers only, so the order of merging cannot show.

    Where there is a ``merge``, results are added up by it first, some at a time: with many large files, this process does
    little else.
    """

    def __init__(self, merge: Merge | None = None) -> None:
        self._merge = merge
        self._waiting: list[ChunkCounts] = []
        self._sum: dict[int, int] = {}
        self._distinct = DistinctWords()
        self.words = 0

    def add_groups(self, groups: Collection[int], occurrences: Iterable[int]) -> None:
        """Add occurrences by group."""
        add_counts(self._sum, groups, occurrences)

    def add_words(self, words: int, distinct_words: int, sample: Iterable[int], *, chunks: int = 1) -> None:
        self.words += words
        self._distinct.add(distinct_words, sample, chunks=chunks)

    def add(self, counts: ChunkCounts) -> None:
        self.add_words(counts.words, counts.distinct_words, counts.sample, chunks=counts.chunks)
        if self._merge is None:
            self.add_groups(counts.groups, counts.occurrences)
            return
        self._waiting.append(counts)
        if len(self._waiting) >= TOGETHER:
            self._settle()

    def _settle(self) -> None:
        """Add what waits."""
        waiting, self._waiting = self._waiting, []
        if self._merge is not None and len(waiting) > 1:
            waiting = [self._merge(waiting)]
        for counts in waiting:
            self.add_groups(counts.groups, counts.occurrences)

    @property
    def _groups(self) -> dict[int, int]:
        self._settle()
        return self._sum

    def to_bytes(self) -> bytes:
        """Return the sum as bytes, for ``restore``."""
        header = SUM_HEADER.pack(self.words, len(self._groups))
        groups, occurrences = array("I", self._groups), array("Q", self._groups.values())
        return b"".join((header, groups.tobytes(), occurrences.tobytes(), self._distinct.to_bytes()))

    def restore(self, data: bytes, *, groups: int) -> None:
        """Begin with a sum that ``to_bytes`` returned, of an index of so many groups. Raises ValueError for no such sum."""
        try:
            self.words, length = SUM_HEADER.unpack_from(data)
            numbers, occurrences = array("I"), array("Q")
            middle = SUM_HEADER.size + length * numbers.itemsize
            end = middle + length * occurrences.itemsize
            numbers.frombytes(data[SUM_HEADER.size : middle])
            occurrences.frombytes(data[middle:end])
            self._sum = dict(zip(numbers, occurrences, strict=True))
            self._distinct = DistinctWords.from_bytes(data[end:])
        except struct.error as error:
            raise ValueError("it is cut off") from error
        if len(self._groups) != length or (numbers and max(numbers) >= groups):
            raise ValueError("it has groups that the lexicon does not have")

    @property
    def matched_words(self) -> int:
        """Return how many tokens have an anagram in the lexicon."""
        return sum(self._groups.values())

    @property
    def distinct_words(self) -> int:
        # An estimate may be below what is known: each group was hit by a word at least.
        return self._distinct.count if self._distinct.is_exact else max(self._distinct.count, len(self._groups))

    @property
    def distinct_words_is_exact(self) -> bool:
        return self._distinct.is_exact

    def anagram_counts(self, index: GroupIndex) -> dict[str, int]:
        """Return every counted word with its number of occurrences, sorted by word."""
        pairs = [(word, number) for group, number in self._groups.items() for word in index.words_of(group)]
        return dict(sorted(pairs))
