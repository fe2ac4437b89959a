"""A chunk's counts as bytes, the sum of many chunks, and the number of different words over any number of chunks, in bounded memory.

The last is found by adaptive sampling of hash values (M. Wegman's algorithm as analysed in P. Flajolet, "On adaptive sampling", Computing 43, 1990).
A word belongs to the sample of depth d if the last d bits of its hash are zero. So the number of words in the sample times 2**d estimates the number
of words. The depth grows as the sample fills up.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Collection, Hashable, Iterable
from itertools import repeat
from operator import add
from typing import TypeVar
from zlib import crc32

from pipeline_optimization.types import ChunkCounts, GroupIndex, Merge

__all__ = ["DEPTH", "DistinctWords", "Totals", "add_counts", "decode_counts", "encode_counts", "sample_of"]

DEPTH = 4
"""Workers report one word in 2**4. That is few enough to send, and enough for an error of 4 % at 10,000 different words."""

SAMPLE_HEADER = struct.Struct("<IQQ")

CAPACITY = 1 << 15
"""The largest sample that is kept. Its standard error is about 0.7 %."""


def sample_of(words: Iterable[bytes]) -> list[int]:
    """Return the CRC-32 of those words that belong to the sample that workers report, ascending and each once."""
    # CRC-32 has the same value in each process and in compiled kernels. Python's own hash of bytes differs between processes.
    mask = (1 << DEPTH) - 1
    return sorted({value for value in map(crc32, words) if not value & mask})


class DistinctWords:
    """Counts different words: exactly for one chunk, and by the merged samples for more."""

    def __init__(self) -> None:
        self._depth = DEPTH
        self._sample: set[int] = set()
        self._chunks = 0
        self._exact = 0

    def add(self, distinct_words: int, sample: Iterable[int], *, chunks: int = 1) -> None:
        """Add the number of different words in several chunks together, and the hashes of their sample."""
        self._chunks += chunks
        self._exact += distinct_words
        mask = (1 << self._depth) - 1
        # What workers send is of depth ``DEPTH`` already, so it is tested again only if this sample has become thinner.
        self._sample.update(sample if self._depth == DEPTH else (value for value in sample if not value & mask))
        # Each step keeps about half of the sample: the hashes that end with one more zero bit. Each of them stands for
        # twice as many words.
        while len(self._sample) > CAPACITY:
            self._depth += 1
            mask = (1 << self._depth) - 1
            self._sample = {value for value in self._sample if not value & mask}

    def to_bytes(self) -> bytes:
        """Return the state as bytes, for ``from_bytes``."""
        return SAMPLE_HEADER.pack(self._depth, self._chunks, self._exact) + array("I", self._sample).tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> DistinctWords:
        """Return the object that ``to_bytes`` described. Raises struct.error or ValueError for other bytes."""
        words = cls()
        words._depth, words._chunks, words._exact = SAMPLE_HEADER.unpack_from(data)
        sample = array("I")
        sample.frombytes(data[SAMPLE_HEADER.size :])
        words._sample = set(sample)
        return words

    @property
    def is_exact(self) -> bool:
        return self._chunks <= 1

    @property
    def count(self) -> int:
        """Return the number of different words. It is an estimate unless ``is_exact``."""
        return self._exact if self.is_exact else len(self._sample) << self._depth


K = TypeVar("K", bound=Hashable)

# "<" means no padding between the numbers, so that ``HEADER.size`` is where the arrays begin.
HEADER = struct.Struct("<QQIIIB")
SUM_HEADER = struct.Struct("<QQ")

TOGETHER = 16
"""This many results are added up before they are added to the sum."""


def encode_counts(counts: ChunkCounts) -> bytes:
    """Pack counts: words, different words, the two lengths, the chunks, then the groups, their occurrences, and the sample.

    The last number before the arrays says whether occurrences take 8 bytes each, or 4.
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
    """Add a number to each of the keys, which may occur several times. All of it runs in C, twice as fast as a loop."""
    # The iterators are lazy: each sum is stored before the next key is asked for. So a key that occurs twice gets both numbers.
    total.update(zip(keys, map(add, map(total.get, keys, repeat(0)), numbers), strict=True))


class Totals:
    """The sum of all chunks' counts. All numbers are integers, so the order of merging makes no difference.

    If there is a ``merge``, some results at a time are first added up by it, because with many large files this process does little else.
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
        # Only groups wait. The numbers of words are added above at once.
        self._waiting.append(counts)
        if len(self._waiting) >= TOGETHER:
            self._settle()

    def _settle(self) -> None:
        """Add the results that wait."""
        waiting, self._waiting = self._waiting, []
        if self._merge is not None and len(waiting) > 1:
            # Words and samples were added in ``add``, so only the groups of the merged counts are used.
            waiting = [self._merge(waiting)]
        for counts in waiting:
            self.add_groups(counts.groups, counts.occurrences)

    @property
    def _groups(self) -> dict[int, int]:
        self._settle()
        return self._sum

    def to_bytes(self) -> bytes:
        """Return the sum as bytes, for ``restore``."""
        # ``_groups`` first adds the results that wait, so nothing is missing from the arrays below.
        header = SUM_HEADER.pack(self.words, len(self._groups))
        groups, occurrences = array("I", self._groups), array("Q", self._groups.values())
        return b"".join((header, groups.tobytes(), occurrences.tobytes(), self._distinct.to_bytes()))

    def restore(self, data: bytes, *, groups: int) -> None:
        """Begin with a sum from ``to_bytes``, of an index with ``groups`` groups. Raises ValueError for any other bytes."""
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
        # A group that occurs twice in the data makes the dictionary shorter than the header says.
        if len(self._groups) != length or (numbers and max(numbers) >= groups):
            raise ValueError("it has groups that the lexicon does not have")

    @property
    def matched_words(self) -> int:
        """Return how many words of the text have anagrams in the lexicon, repeated ones each time."""
        return sum(self._groups.values())

    @property
    def distinct_words(self) -> int:
        # An estimate may be too low: each group was found by at least one word.
        return self._distinct.count if self._distinct.is_exact else max(self._distinct.count, len(self._groups))

    @property
    def distinct_words_is_exact(self) -> bool:
        return self._distinct.is_exact

    def anagram_counts(self, index: GroupIndex) -> dict[str, int]:
        """Return every counted word with its number of occurrences, sorted by word."""
        pairs = [(word, number) for group, number in self._groups.items() for word in index.words_of(group)]
        return dict(sorted(pairs))
