"""From counts of words to counts of anagram groups."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from anagram_plugin_numba.compilation import compiled
from anagram_plugin_numba.compiled.electing import write_back
from anagram_plugin_numba.compiled.keys import BYTE, EIGHT, ONE, THREE, TOP, TWO, ZERO, U, mix, shift_for
from anagram_plugin_numba.compiled.vectors import load_eight
from anagram_plugin_numba.group_table import FIRST_GROUP, NO_GROUP, PENDING, GroupTable
from anagram_plugin_numba.tables import Tables
from anagram_plugin_numba.word_memory import DISTINCT, RESOLVED, SAMPLED, TOUCHED, WORDS, WordMemory

__all__ = ["collect", "fill_group_table", "fill_slots", "resolve"]

HALF, LOWER_HALF, NEWLINE, LETTER_A, SHORT = U(32), U(0xFFFFFFFF), U(10), U(97), U(15)


@compiled
def fill_group_table(words: NDArray[np.uint8], tables: Tables, table: GroupTable) -> None:
    """Enter the groups, of which ``words`` has one word each in order, each followed by a newline.

    A group is left out if its word has anything but ASCII letters, since no token has.
    """
    low, high, length, group, is_ascii = ZERO, ZERO, ZERO, U(FIRST_GROUP), True
    for byte in words:
        if byte != NEWLINE:
            low += tables.units[U(byte) << ONE]
            high += tables.units[(U(byte) << ONE) + ONE]
            length += ONE
            is_ascii &= byte < 0x80
            continue
        if is_ascii and length <= SHORT:
            _enter(low, high, group, table.keys, table.facts)
        elif is_ascii:
            _enter(low, high, U(PENDING), table.long_keys, table.long_facts)
        low, high, length, is_ascii = ZERO, ZERO, ZERO, True
        group += ONE


@compiled
def _enter(
    low: np.uint64, high: np.uint64, fact: np.uint64, keys: NDArray[np.uint64], facts: NDArray[np.uint32]
) -> None:
    slot, last = mix(low, high) >> shift_for(facts), U(len(facts) - 1)
    while facts[slot]:
        slot = (slot + ONE) & last
    keys[slot << ONE], keys[(slot << ONE) + ONE], facts[slot] = low, high, fact


@compiled
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


@compiled
def resolve(memory: WordMemory, tables: Tables, table: GroupTable, pending: NDArray[np.uint32]) -> int:
    """Find the facts of the words that are new: the CRC-32 in the upper half, what the group is in the lower.

    Writes the numbers of the entries that Python must look up to ``pending``, which has room for all new words; returns
    how many they are. These are words of 16 letters and more whose sums are those of a word of the lexicon.
    """
    entries, sizes = memory.entries, memory.sizes
    n_pending = 0
    for entry in range(sizes[RESOLVED], sizes[WORDS]):
        place = U(entry) << TWO
        if entries[place] & TOP:
            crc, low, high, length, digits = _sum_long(memory, entries[place + ONE], tables)
        else:
            crc, low, high, length, digits = _sum_short(entries[place], entries[place + ONE], tables)
        fact = U(NO_GROUP)
        if digits == ZERO and length <= SHORT:
            fact = _look_up(low, high, table.keys, table.facts)
        elif digits == ZERO:
            fact = _look_up(low, high, table.long_keys, table.long_facts)
            if fact:
                pending[n_pending] = entry
                n_pending += 1
        entries[place + THREE] = (crc << HALF) | fact
    sizes[RESOLVED] = sizes[WORDS]
    return n_pending


@compiled
def _sum_short(key_low: np.uint64, key_high: np.uint64, tables: Tables) -> tuple[np.uint64, ...]:
    """Return of a word in its key: CRC-32, the two sums of letter counts, length, and how many digits it has."""
    crc, low, high, length, digits = LOWER_HALF, ZERO, ZERO, ZERO, ZERO
    for part in (key_low, key_high):
        rest = part
        while rest:
            byte = rest & BYTE
            crc = U(tables.crc[(crc ^ byte) & BYTE]) ^ (crc >> EIGHT)
            low += tables.units[byte << ONE]
            high += tables.units[(byte << ONE) + ONE]
            digits += U(byte < LETTER_A)
            length += ONE
            rest >>= EIGHT
    return crc ^ LOWER_HALF, low, high, length, digits


@compiled
def _sum_long(memory: WordMemory, place: np.uint64, tables: Tables) -> tuple[np.uint64, ...]:
    """Do the same for a long word."""
    crc, low, high, digits = LOWER_HALF, ZERO, ZERO, ZERO
    length = load_eight(memory.long_words, place)
    for i in range(ZERO, length):
        byte = U(memory.long_words[place + EIGHT + i])
        crc = U(tables.crc[(crc ^ byte) & BYTE]) ^ (crc >> EIGHT)
        low += tables.units[byte << ONE]
        high += tables.units[(byte << ONE) + ONE]
        digits += U(byte < LETTER_A)
    return crc ^ LOWER_HALF, low, high, length, digits


@compiled
def _look_up(low: np.uint64, high: np.uint64, keys: NDArray[np.uint64], facts: NDArray[np.uint32]) -> np.uint64:
    """Return what is entered for two sums, or ``NO_GROUP``."""
    slot, last = mix(low, high) >> shift_for(facts), U(len(facts) - 1)
    while facts[slot]:
        if keys[slot << ONE] == low and keys[(slot << ONE) + ONE] == high:
            return U(facts[slot])
        slot = (slot + ONE) & last
    return U(NO_GROUP)


@compiled
def collect(
    memory: WordMemory,
    sample_mask: int,
    groups: NDArray[np.uint32],
    occurrences: NDArray[np.uint64],
    sample: NDArray[np.uint32],
) -> int:
    """Sum the counts by group and set all counts to zero, ready for the next chunk.

    Writes the groups that occur, ascending, with their occurrences, and the CRC-32 of each word whose ``sample_mask``
    bits are zero. The arrays have room for all groups and one more, and for all words and one more. Returns how many
    groups there are; ``sizes`` has how many different and sampled words.
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
    memory.sizes[DISTINCT], memory.sizes[SAMPLED], memory.sizes[TOUCHED] = n_words, n_sample, 0
    totals[NO_GROUP] = 0
    n_groups = ZERO
    for group in range(U(FIRST_GROUP), U(len(totals))):
        count = totals[group]
        groups[n_groups] = group - U(FIRST_GROUP)
        occurrences[n_groups] = count
        n_groups += U(count != ZERO)
        totals[group] = ZERO
    return int(n_groups)
