"""From words to anagram groups: what is remembered of a word, and words that are not remembered."""

from __future__ import annotations

import numpy as np

from anagram_plugin_numba.compiled.adding import take_from
from anagram_plugin_numba.compiled.electing import write_back
from anagram_plugin_numba.compiled.keys import (
    BYTE,
    EIGHT,
    HALF,
    INLINE,
    LONG,
    LOWER_HALF,
    ONE,
    THREE,
    TOP,
    TWO,
    ZERO,
    U,
    mix,
    shift_for,
)
from anagram_plugin_numba.compiled.vectors import hash_of_bytes, load_eight, ones
from anagram_plugin_numba.decorators import compiled, inlined
from anagram_plugin_numba.group_table import FIRST_GROUP, LONGEST_EXACT, MAYBE_BITS, NO_GROUP, PENDING, GroupTable
from anagram_plugin_numba.numbers import Uint8, Uint32, Uint64
from anagram_plugin_numba.tables import Tables
from anagram_plugin_numba.word_memory import DISTINCT, RESOLVED, SAMPLED, SINK, TOUCHED, WORDS, Scratch, WordMemory
from pipeline_optimization.counting.totals import DEPTH

__all__ = ["collect", "count_longer", "count_unremembered", "fill_group_table", "fill_slots", "resolve"]

NEWLINE, SHORT = U(10), U(LONGEST_EXACT)
MAYBE_SHIFT = U(32 - MAYBE_BITS)


@compiled
def count_longer(lines: Uint8, longest: int) -> int:
    """Return how many lines are longer than a number of bytes. Each has a line feed behind it."""
    number, length = 0, 0
    for byte in lines:
        if byte == NEWLINE:
            number += length > longest
            length = 0
        else:
            length += 1
    return number


@compiled
def fill_group_table(words: Uint8, tables: Tables, table: GroupTable) -> None:
    """Enter the groups, of which ``words`` has one word each in order, each followed by a newline.

    A group is left out if its word has anything but ASCII letters, since no token has.
    """
    low, high, length, group, is_ascii = ZERO, ZERO, ZERO, U(FIRST_GROUP), True
    key_low, key_high = ZERO, ZERO
    for byte in words:
        if byte != NEWLINE:
            if length < EIGHT:
                key_low |= U(byte) << (length << THREE)
            elif length < INLINE:
                key_high |= U(byte) << ((length - EIGHT) << THREE)
            low += tables.units[U(byte) << ONE]
            high += tables.units[(U(byte) << ONE) + ONE]
            length += ONE
            is_ascii &= byte < 0x80
            continue
        if is_ascii and length <= SHORT:
            _enter(low, high, group, table.keys, table.facts)
            bit = hash_of_bytes(key_low, key_high) >> MAYBE_SHIFT
            table.maybe[bit >> THREE] |= ONE << (bit & U(7))
        elif is_ascii:
            _enter(low, high, U(PENDING), table.long_keys, table.long_facts)
        low, high, length, is_ascii, key_low, key_high = ZERO, ZERO, ZERO, True, ZERO, ZERO
        group += ONE


@compiled
def _enter(low: np.uint64, high: np.uint64, fact: np.uint64, keys: Uint64, facts: Uint32) -> None:
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
def resolve(memory: WordMemory, tables: Tables, table: GroupTable, pending: Uint32) -> int:
    """Find the facts of the words that are new: the CRC-32 in the upper half, what the group is in the lower.

    Writes the numbers of the entries that Python must look up to ``pending``, which has room for all new words; returns
    how many they are. These are words of 16 letters and more whose sums are those of a word of the lexicon.
    """
    entries, sizes = memory.entries, memory.sizes
    n_pending, shift, long_shift = 0, shift_for(table.facts), shift_for(table.long_facts)
    for entry in range(sizes[RESOLVED], sizes[WORDS]):
        place = U(entry) << TWO
        if entries[place] & TOP:
            length = U(LONG)
            crc, low, high = _sum_long(memory, entries[place + ONE], tables)
        else:
            crc, low, high, length = _sum_short(entries[place], entries[place + ONE], tables)
        if length <= SHORT:
            fact = _look_up(low, high, table.keys, table.facts, shift)
        else:
            fact = _look_up(low, high, table.long_keys, table.long_facts, long_shift)
            if fact:
                pending[n_pending] = entry
                n_pending += 1
        entries[place + THREE] = (crc << HALF) | fact
    sizes[RESOLVED] = sizes[WORDS]
    return n_pending


@compiled
def count_unremembered(
    rest: np.uint64, tables: Tables, scratch: Scratch, memory: WordMemory, table: GroupTable
) -> np.uint64:
    """Count the first ``rest`` tokens of ``missed`` by their letters, but for long ones; return how many these are.

    Adds to the counts of groups at once, and to ``sampled`` the CRC-32 of each that belongs to the sample.
    """
    lower, places, missed, masks, keys = scratch.lower, scratch.places, scratch.missed, tables.masks, scratch.keys
    found, sampled, left, size = ZERO, U(len(keys)) - TWO, ZERO, U(len(keys))
    for j in range(ZERO, rest):
        i = U(missed[j])
        start = U(places[i << ONE])
        length = min(U(places[(i << ONE) + ONE]) - start, LONG)
        low = load_eight(lower, start) & masks[length << TWO]
        high = load_eight(lower, start + EIGHT) & masks[(length << TWO) + ONE]
        is_short = U(length <= SHORT)
        # Those that may be in the lexicon from the first place on, those that are sampled from the last one back.
        keys[found], keys[found + ONE] = low, high
        found += (is_short & _maybe(low, high, table)) << ONE
        keys[sampled], keys[sampled + ONE] = low, high
        sampled -= (is_short & _is_sampled(low, high, length, tables)) << ONE
        missed[left] = i
        left += ONE - is_short
    for place in range(ZERO, found, TWO):
        _, low, high, _ = _sum_short(keys[place], keys[place + ONE], tables)
        keys[place], keys[place + ONE] = low, high
    shift = shift_for(table.facts)
    # Only to have the processor fetch many at a time: the branches below would keep it from reading ahead.
    fetched = ZERO
    for place in range(ZERO, found, TWO):
        slot = mix(keys[place], keys[place + ONE]) >> shift
        fetched ^= table.keys[slot << ONE] ^ U(table.facts[slot])
    memory.sizes[SINK] = fetched
    for place in range(ZERO, found, TWO):
        memory.group_counts[_look_up(keys[place], keys[place + ONE], table.keys, table.facts, shift)] += ONE
    for place in range(sampled + TWO, size, TWO):
        crc, _, _, _ = _sum_short(keys[place], keys[place + ONE], tables)
        memory.sampled[memory.sizes[SAMPLED]] = crc
        memory.sizes[SAMPLED] += 1
    return left


@inlined
def _maybe(key_low: np.uint64, key_high: np.uint64, table: GroupTable) -> np.uint64:
    """Return 0 if no group has the letters of a word of up to 15 bytes, else 1; by its key."""
    bit = hash_of_bytes(key_low, key_high) >> MAYBE_SHIFT
    return (U(table.maybe[bit >> THREE]) >> (bit & U(7))) & ONE


@inlined
def _is_sampled(key_low: np.uint64, key_high: np.uint64, length: np.uint64, tables: Tables) -> np.uint64:
    """Return 1 if the lowest bits of a word's CRC-32 are zero, else 0; by its key."""
    bits = U(tables.crc_of_length[length])
    for bit in range(ZERO, U(DEPTH)):
        mask = (length * U(DEPTH) + bit) << ONE
        parity = ones((key_low & tables.crc_masks[mask]) ^ (key_high & tables.crc_masks[mask + ONE])) & ONE
        bits ^= parity << bit
    return U(bits & U((1 << DEPTH) - 1) == ZERO)


@inlined
def _sum_short(key_low: np.uint64, key_high: np.uint64, tables: Tables) -> tuple[np.uint64, ...]:
    """Return of a word in its key: CRC-32, the two sums of letter counts, and its length."""
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
    """Do the same for a long word. Its sums may overflow, but words of the same letters have the same ones."""
    crc, low, high = LOWER_HALF, ZERO, ZERO
    length = load_eight(memory.long_words, place)
    for i in range(ZERO, length):
        byte = U(memory.long_words[place + EIGHT + i])
        crc = U(tables.crc[(crc ^ byte) & BYTE]) ^ (crc >> EIGHT)
        low += tables.units[byte << ONE]
        high += tables.units[(byte << ONE) + ONE]
    return crc ^ LOWER_HALF, low, high


@inlined
def _look_up(low: np.uint64, high: np.uint64, keys: Uint64, facts: Uint32, shift: np.uint64) -> np.uint64:
    """Return what is entered for two sums, or ``NO_GROUP``. The table's ``shift_for`` takes longer than the look-up."""
    slot, last = mix(low, high) >> shift, U(len(facts) - 1)
    while facts[slot]:
        if keys[slot << ONE] == low and keys[(slot << ONE) + ONE] == high:
            return U(facts[slot])
        slot = (slot + ONE) & last
    return U(NO_GROUP)


@compiled
def collect(
    memory: WordMemory,
    sample_mask: int,
    groups: Uint32,
    occurrences: Uint64,
    sample: Uint32,
) -> int:
    """Sum the counts by group and set all counts to zero, ready for the next chunk.

    Writes the groups that occur, ascending, with their occurrences, and the CRC-32 of each word whose ``sample_mask``
    bits are zero, behind those of ``sampled``. The arrays have room for all groups and one more, and for all words,
    what is sampled, and one more. Returns how many groups there are; ``sizes`` has how many different words there are
    of those that are remembered, and how many sampled ones.
    """
    write_back(memory)
    entries, totals = memory.entries, memory.group_counts
    n_sample, n_words = U(memory.sizes[SAMPLED]), memory.sizes[TOUCHED]
    for i in range(n_sample):
        sample[i] = memory.sampled[i]
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
    return int(take_from(U(FIRST_GROUP), totals, groups, occurrences))
