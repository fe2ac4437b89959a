"""From counts of words to counts of anagram groups."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anagram_plugin_numba.compilation import compiled, compiled_and_cached
from anagram_plugin_numba.compiled.electing import write_back
from anagram_plugin_numba.compiled.keys import BYTE, EIGHT, ONE, THREE, TOP, TWO, ZERO, U, mix, shift_for
from anagram_plugin_numba.compiled.vectors import load_eight
from anagram_plugin_numba.tables import Tables
from anagram_plugin_numba.word_memory import RESOLVED, TOUCHED, WORDS, WordMemory

__all__ = ["FIRST_GROUP", "PENDING", "GroupTable", "collect", "fill_group_table", "fill_slots", "resolve"]

NO_GROUP, PENDING, FIRST_GROUP = 0, 1, 2
"""The lower half of a word's facts: that it matches nothing, that Python must look, or its group plus 2."""

HALF, LOWER_HALF, LETTERS, NEWLINE = U(32), U(0xFFFFFFFF), U(52), U(10)


class GroupTable(NamedTuple):
    """A hash table from letters to groups: for each slot two numbers of 13 letter counts in 4 bits, and group plus 2.

    It has the groups of words of up to 15 letters: no count of theirs is above 15, so the numbers are exact.
    """

    keys: NDArray[np.uint64]
    groups: NDArray[np.uint32]


@compiled_and_cached
def fill_group_table(words: NDArray[np.uint8], tables: Tables, table: GroupTable) -> None:
    """Enter the groups, of which ``words`` has one word each in order, each followed by a newline.

    A group is left out if its word has more than 15 letters or anything but a to z.
    """
    keys, groups, units = table.keys, table.groups, tables.units
    shift, last = shift_for(groups), U(len(groups) - 1)
    low, high, length, group = ZERO, ZERO, ZERO, U(FIRST_GROUP)
    for byte in words:
        if byte != NEWLINE:
            low += units[U(byte) << ONE]
            high += units[(U(byte) << ONE) + ONE]
            length += ONE
            continue
        if length <= U(15) and high >> LETTERS == ZERO:
            slot = mix(low, high) >> shift
            while groups[slot]:
                slot = (slot + ONE) & last
            keys[slot << ONE], keys[(slot << ONE) + ONE], groups[slot] = low, high, group
        low, high, length = ZERO, ZERO, ZERO
        group += ONE


@compiled_and_cached
def fill_slots(memory: WordMemory) -> None:
    """Enter all words into the memory's empty slots."""
    slots, entries = memory.slots, memory.entries
    shift, last = shift_for(slots), U(len(slots) - 1)
    for entry in range(1, memory.sizes[WORDS]):
        low, high = entries[4 * entry], entries[4 * entry + 1]
        slot = mix(low, ZERO if low & TOP else high) >> shift
        while slots[slot]:
            slot = (slot + ONE) & last
        slots[slot] = entry


@compiled_and_cached
def resolve(memory: WordMemory, tables: Tables, table: GroupTable, pending: NDArray[np.uint32]) -> int:
    """Find the facts of the words that are new: the CRC-32 in the upper half, what the group is in the lower.

    Writes the numbers of the entries that Python must look up, those of 16 letters and more, to ``pending``, which
    has room for all new words; returns how many they are.
    """
    entries, sizes = memory.entries, memory.sizes
    n_pending = 0
    for entry in range(sizes[RESOLVED], sizes[WORDS]):
        place = U(entry) << TWO
        if entries[place] & TOP:
            crc, low, high, length = _sum_long(memory, entries[place + ONE], tables)
        else:
            crc, low, high, length = _sum_short(entries[place], entries[place + ONE], tables)
        fact = U(NO_GROUP)
        if high >> LETTERS == ZERO:
            if length <= U(15):
                fact = _group_of(low, high, table)
            else:
                fact = U(PENDING)
                pending[n_pending] = entry
                n_pending += 1
        entries[place + THREE] = (crc << HALF) | fact
    sizes[RESOLVED] = sizes[WORDS]
    return n_pending


@compiled
def _sum_short(key_low: np.uint64, key_high: np.uint64, tables: Tables) -> tuple[np.uint64, ...]:
    """Return the CRC-32 of a word in its key, its two sums of letter counts, and its length."""
    crc, low, high, length = LOWER_HALF, ZERO, ZERO, ZERO
    for part in (key_low, key_high):
        rest = part
        while rest:
            byte = rest & BYTE
            crc = U(tables.crc[(crc ^ byte) & BYTE]) ^ (crc >> EIGHT)
            low += tables.units[byte << ONE]
            high += tables.units[(byte << ONE) + ONE]
            length += ONE
            rest >>= EIGHT
    return crc ^ LOWER_HALF, low, high, length


@compiled
def _sum_long(memory: WordMemory, place: np.uint64, tables: Tables) -> tuple[np.uint64, ...]:
    """Do the same for a long word; the sums may have overflown, so they only tell whether it has a digit."""
    crc, digits = LOWER_HALF, ZERO
    length = load_eight(memory.long_words, place)
    for i in range(ZERO, length):
        byte = U(memory.long_words[place + EIGHT + i])
        crc = U(tables.crc[(crc ^ byte) & BYTE]) ^ (crc >> EIGHT)
        digits |= (tables.units[(byte << ONE) + ONE] >> LETTERS) << LETTERS
    return crc ^ LOWER_HALF, ZERO, digits, length


@compiled
def _group_of(low: np.uint64, high: np.uint64, table: GroupTable) -> np.uint64:
    """Return a word's group plus 2, or ``NO_GROUP``."""
    keys, groups = table.keys, table.groups
    slot, last = mix(low, high) >> shift_for(groups), U(len(groups) - 1)
    while groups[slot]:
        if keys[slot << ONE] == low and keys[(slot << ONE) + ONE] == high:
            return U(groups[slot])
        slot = (slot + ONE) & last
    return U(NO_GROUP)


@compiled_and_cached
def collect(
    memory: WordMemory,
    sample_mask: int,
    groups: NDArray[np.uint32],
    occurrences: NDArray[np.uint64],
    sample: NDArray[np.uint32],
) -> tuple[int, int, int]:
    """Sum the counts by group and set all counts to zero, ready for the next chunk.

    Writes the groups that occur, ascending, with their occurrences, and the CRC-32 of each word whose ``sample_mask``
    bits are zero. The arrays have room for all groups and one more, and for all words and one more. Returns how many
    groups, sampled words and different words there are.
    """
    write_back(memory)
    entries, totals = memory.entries, memory.group_counts
    n_sample, n_words = ZERO, memory.sizes[TOUCHED]
    for t in range(n_words):
        place = U(memory.touched[t])
        count, facts = entries[place + TWO], entries[place + THREE]
        entries[place + TWO] = ZERO
        crc, fact = facts >> HALF, facts & LOWER_HALF
        sample[n_sample] = crc
        n_sample += U(crc & U(sample_mask) == ZERO)
        totals[fact] += count
    memory.sizes[TOUCHED] = 0
    totals[NO_GROUP] = 0
    n_groups = ZERO
    for group in range(U(FIRST_GROUP), U(len(totals))):
        count = totals[group]
        groups[n_groups] = group - U(FIRST_GROUP)
        occurrences[n_groups] = count
        n_groups += U(count != ZERO)
        totals[group] = ZERO
    return int(n_groups), int(n_sample), int(n_words)
