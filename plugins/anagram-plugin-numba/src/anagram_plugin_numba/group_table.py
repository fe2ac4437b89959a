"""Hash tables from letters to anagram groups, as arrays that the compiled code fills and reads."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["FIRST_GROUP", "MAYBE_BITS", "NO_GROUP", "PENDING", "GroupTable", "make_group_table"]

NO_GROUP, PENDING, FIRST_GROUP = 0, 1, 2
"""The lower half of a word's facts: that it matches nothing, that Python must look, or its group plus 2."""

LONGEST_EXACT: Final = 15

MAYBE_BITS: Final = 20
"""2**20 bits are 128 KiB; with the 110,000 groups of a large lexicon, a tenth of them are set."""


class GroupTable(NamedTuple):
    """Hash tables from letters to facts: for each slot two sums of 13 letter counts in 4 bits each, and the fact.

    ``keys`` and ``facts`` have the groups of words of up to 15 letters: no count of theirs is above 15, so the sums are
    exact. ``long_keys`` and ``long_facts`` have ``PENDING`` for those of longer words: other letters may have the same
    sums, but equal letters never have other ones. ``maybe`` has a bit for the sums' hash of each group of the former, in a
    table that is small enough for the processor's cache: most words that are not in the lexicon are not in it either.
    """

    keys: NDArray[np.uint64]
    facts: NDArray[np.uint32]
    long_keys: NDArray[np.uint64]
    long_facts: NDArray[np.uint32]
    maybe: NDArray[np.uint8]


def make_group_table(words: NDArray[np.uint8]) -> GroupTable:
    """Return empty tables with room for the groups of these words, one a group; they are at most half full.

    Each word has a line feed behind it.
    """
    ends = np.flatnonzero(words == ord("\n"))
    lengths = np.diff(ends, prepend=-1) - 1  # in bytes, which are at least as many as letters
    numbers = len(ends), int(np.count_nonzero(lengths > LONGEST_EXACT))
    size, long_size = (1 << (2 * number + 1).bit_length() for number in numbers)
    return GroupTable(
        keys=np.zeros(2 * size, np.uint64),
        facts=np.zeros(size, np.uint32),
        long_keys=np.zeros(2 * long_size, np.uint64),
        long_facts=np.zeros(long_size, np.uint32),
        maybe=np.zeros(1 << MAYBE_BITS - 3, np.uint8),
    )
