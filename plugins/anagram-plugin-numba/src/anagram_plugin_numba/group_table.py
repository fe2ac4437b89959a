"""Hash tables from letters to anagram groups, as arrays that the compiled code fills and reads."""

from __future__ import annotations

from typing import Final, NamedTuple

from anagram_plugin_numba.numbers import Uint8, Uint32, Uint64, zeros

__all__ = ["FIRST_GROUP", "LONGEST_EXACT", "MAYBE_BITS", "NO_GROUP", "PENDING", "GroupTable", "make_group_table"]

NO_GROUP, PENDING, FIRST_GROUP = 0, 1, 2
"""The lower half of a word's facts: that it matches nothing, that Python must look, or its group plus 2."""

LONGEST_EXACT: Final = 15
"""In words of up to this number of bytes, the count of each letter has room in 4 bits: a word has no more letters than bytes."""

MAYBE_BITS: Final = 20
"""2**20 bits are 128 KiB; with the 110,000 groups of a large lexicon, a tenth of them are set."""


class GroupTable(NamedTuple):
    """Hash tables from letters to facts: for each slot two sums of 13 letter counts in 4 bits each, and the fact.

    ``keys`` and ``facts`` have the groups of words of up to 15 letters: no count of theirs is above 15, so the sums are
    exact. ``long_keys`` and ``long_facts`` have ``PENDING`` for those of longer words: other letters may have the same
    sums, but equal letters never have other ones. ``maybe`` has a bit for the sums' hash of each group of the former, in a
    table that is small enough for the processor's cache: most words that are not in the lexicon are not in it either.
    """

    keys: Uint64
    facts: Uint32
    long_keys: Uint64
    long_facts: Uint32
    maybe: Uint8


def make_group_table(groups: int, long_groups: int) -> GroupTable:
    """Return empty tables with room for these numbers of groups, and of groups whose words have more than ``LONGEST_EXACT`` bytes.

    They are at most half full.
    """
    size, long_size = (1 << (2 * number + 1).bit_length() for number in (groups, long_groups))
    return GroupTable(
        keys=zeros("Q", 2 * size),
        facts=zeros("I", size),
        long_keys=zeros("Q", 2 * long_size),
        long_facts=zeros("I", long_size),
        maybe=zeros("B", 1 << MAYBE_BITS - 3),
    )
