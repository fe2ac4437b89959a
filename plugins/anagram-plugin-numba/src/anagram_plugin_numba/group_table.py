"""Hash tables from the letters of a word to its anagram group, as arrays that compiled code fills and reads."""

from __future__ import annotations

from typing import Final, NamedTuple

from anagram_plugin_numba.numbers import Uint8, Uint32, Uint64, zeros

__all__ = ["FIRST_GROUP", "LONGEST_EXACT", "MAYBE_BITS", "NO_GROUP", "PENDING", "GroupTable", "make_group_table"]

NO_GROUP, PENDING, FIRST_GROUP = 0, 1, 2
"""What the kernel knows of a word: that it is in no group, that Python must look it up, or its group. Group 0 is ``FIRST_GROUP``, group 1 the next number."""

LONGEST_EXACT: Final = 15
"""The longest words, in bytes, whose letter counts certainly fit into 4 bits each: no letter occurs more often than the word has bytes."""

MAYBE_BITS: Final = 20
"""The table ``maybe`` has 2**20 bits, which are 128 KiB. With the 110,000 groups of a large lexicon, a tenth of the bits are set."""


class GroupTable(NamedTuple):
    """Hash tables from letters to groups.

    A key is two numbers of 64 bits. Each has the counts of 13 letters, in 4 bits each. Anagrams have the same counts, and so the same key.

    Attributes:
        keys: The keys of the groups whose words have up to 15 letters. No count is above 15, so these keys are exact.
        facts: What is known of the word with each of these keys: its group.
        long_keys: The keys of the groups of longer words. Counts above 15 overflow, so words of other letters may have the same key.
        long_facts: ``PENDING`` for each of these keys, since only the index can tell whether the word is in the group.
        maybe: A bit for each hash of the bytes of a word of up to 15 letters, set if a group may have these letters. This table is small enough
            for the processor's cache. Most words of a text that are not in the lexicon are recognised by a bit that is not set.
    """

    keys: Uint64
    facts: Uint32
    long_keys: Uint64
    long_facts: Uint32
    maybe: Uint8


def make_group_table(groups: int, long_groups: int) -> GroupTable:
    """Return empty tables, which are at most half full when all groups are entered. In fuller tables, searches take longer.

    Args:
        groups: The number of groups.
        long_groups: The number of groups whose words have more than ``LONGEST_EXACT`` bytes.
    """
    size, long_size = (1 << (2 * number + 1).bit_length() for number in (groups, long_groups))
    return GroupTable(
        keys=zeros("Q", 2 * size),
        facts=zeros("I", size),
        long_keys=zeros("Q", 2 * long_size),
        long_facts=zeros("I", long_size),
        maybe=zeros("B", 1 << MAYBE_BITS - 3),
    )
