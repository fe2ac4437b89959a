"""How many different words there are, over any number of chunks, in bounded memory.

Adaptive sampling of hash values (M. Wegman's algorithm as analysed in P. Flajolet, "On adaptive sampling",
Computing 43, 1990): a word belongs to the sample of depth d if the last d bits of its hash are zero, so the number of
words in the sample times 2**d estimates the number of words; the depth grows as the sample fills up.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable
from zlib import crc32

__all__ = ["DEPTH", "DistinctWords", "sample_of"]

DEPTH = 4
"""Workers report one word in 2**4: few enough to send, enough for an error of 4 % at 10,000 different words."""

HEADER = struct.Struct("<IQQ")

CAPACITY = 1 << 15
"""The largest sample kept: a standard error of about 0.7 %."""


def sample_of(words: Iterable[bytes]) -> list[int]:
    """Return the CRC-32 of the words that belong to the sample that workers report, ascending and each once."""
    mask = (1 << DEPTH) - 1
    return sorted({value for value in map(crc32, words) if not value & mask})


class DistinctWords:
    """Counts different words: exactly for one chunk, by the merged samples for more."""

    def __init__(self) -> None:
        self._depth = DEPTH
        self._sample: set[int] = set()
        self._chunks = 0
        self._exact = 0

    def add(self, distinct_words: int, sample: Iterable[int], *, chunks: int = 1) -> None:
        """Add the number of different words of so many chunks together, and the hashes of their sample."""
        self._chunks += chunks
        self._exact += distinct_words
        mask = (1 << self._depth) - 1
        self._sample.update(sample if self._depth == DEPTH else (value for value in sample if not value & mask))
        while len(self._sample) > CAPACITY:
            self._depth += 1
            mask = (1 << self._depth) - 1
            self._sample = {value for value in self._sample if not value & mask}

    def to_bytes(self) -> bytes:
        """Return the state as bytes, for ``from_bytes``."""
        return HEADER.pack(self._depth, self._chunks, self._exact) + array("I", self._sample).tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> DistinctWords:
        """Return the object that ``to_bytes`` described. Raises struct.error or ValueError for other bytes."""
        words = cls()
        words._depth, words._chunks, words._exact = HEADER.unpack_from(data)
        sample = array("I")
        sample.frombytes(data[HEADER.size :])
        words._sample = set(sample)
        return words

    @property
    def is_exact(self) -> bool:
        return self._chunks <= 1

    @property
    def count(self) -> int:
        """Return the number of different words, an estimate unless ``is_exact``."""
        return self._exact if self.is_exact else len(self._sample) << self._depth
