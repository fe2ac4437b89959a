"""From words to anagram groups.

The *facts* of each remembered word are one number. The lower half is its group, or why it has none (``group_table``). The upper half is its CRC-32,
which decides whether it belongs to the sample of different words. Words that are not remembered are counted in their groups at once.
"""

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
    """Return how many lines have more than ``longest`` bytes. Each line has a line feed behind it."""
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
    """Enter the groups into the hash tables. ``words`` has one word of each group, in order, each with a line feed behind it.

    A group is left out if its word has bytes outside ASCII, since no token has any.
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
        # Also for a word that was left out, since a group's number is that of its line.
        group += ONE


@compiled
def _enter(low: np.uint64, high: np.uint64, fact: np.uint64, keys: Uint64, facts: Uint32) -> None:
    """Enter two sums of letter counts, with a fact, into a hash table with linear probing."""
    slot, last = mix(low, high) >> shift_for(facts), U(len(facts) - 1)
    # A fact is never 0 (``NO_GROUP``), so 0 marks an empty slot.
    while facts[slot]:
        slot = (slot + ONE) & last
    keys[slot << ONE], keys[(slot << ONE) + ONE], facts[slot] = low, high, fact


@compiled
def fill_slots(memory: WordMemory) -> None:
    """Enter all words of a memory into its slots, which are empty."""
    slots, entries = memory.slots, memory.entries
    shift, last = shift_for(slots), U(len(slots) - 1)
    for entry in range(1, memory.sizes[WORDS]):
        low, high = entries[4 * entry], entries[4 * entry + 1]
        # The hash of a long word is made of its first half only, as in ``counting``.
        slot = mix(low, ZERO if low & TOP else high) >> shift
        # Only empty slots are looked for. Keys need not be compared, as all remembered words are different.
        while slots[slot]:
            slot = (slot + ONE) & last
        slots[slot] = entry


@compiled
def resolve(memory: WordMemory, tables: Tables, table: GroupTable, pending: Uint32) -> int:
    """Find the facts of all words that have come since the last call.

    Some words must be looked up in Python: those of 16 letters or more that have the same sums of letter counts as a word of the lexicon. Their sums
    may overflow, so equal sums do not prove equal letters. The numbers of their entries go to ``pending``, which has room for all
    new words. Return how many these are.
    """
    entries, sizes = memory.entries, memory.sizes
    n_pending, shift, long_shift = 0, shift_for(table.facts), shift_for(table.long_facts)
    for entry in range(sizes[RESOLVED], sizes[WORDS]):
        place = U(entry) << TWO
        if entries[place] & TOP:
            # Any length above ``SHORT`` does.
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
    """Count the first ``rest`` tokens of ``missed`` in their groups, without remembering them. Return how many are left, which are the long ones.

    The CRC-32 of each token that belongs to the sample goes to ``sampled``.
    """
    lower, places, missed, masks, keys = scratch.lower, scratch.places, scratch.missed, tables.masks, scratch.keys
    # A key takes two numbers, so the last one in ``keys`` begins two before the end.
    found, sampled, left, size = ZERO, U(len(keys)) - TWO, ZERO, U(len(keys))
    for j in range(ZERO, rest):
        i = U(missed[j])
        start = U(places[i << ONE])
        length = min(U(places[(i << ONE) + ONE]) - start, LONG)
        low = load_eight(lower, start) & masks[length << TWO]
        high = load_eight(lower, start + EIGHT) & masks[(length << TWO) + ONE]
        is_short = U(length <= SHORT)
        # ``keys`` is filled from both ends: from the beginning with tokens that may be in the lexicon, from the end with those of the sample.
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
    # This loop only makes the processor fetch the entries of the table. In the loop below, the branches would keep it from reading ahead.
    fetched = ZERO
    for place in range(ZERO, found, TWO):
        slot = mix(keys[place], keys[place + ONE]) >> shift
        fetched ^= table.keys[slot << ONE] ^ U(table.facts[slot])
    memory.sizes[SINK] = fetched
    for place in range(ZERO, found, TWO):
        # A key that ``maybe`` lets through by chance finds ``NO_GROUP``. It is counted there, without a branch, and ``collect`` clears this count.
        memory.group_counts[_look_up(keys[place], keys[place + ONE], table.keys, table.facts, shift)] += ONE
    for place in range(sampled + TWO, size, TWO):
        crc, _, _, _ = _sum_short(keys[place], keys[place + ONE], tables)
        memory.sampled[memory.sizes[SAMPLED]] = crc
        memory.sizes[SAMPLED] += 1
    return left


@inlined
def _maybe(key_low: np.uint64, key_high: np.uint64, table: GroupTable) -> np.uint64:
    """Return 0 if certainly no group has the letters of a word of up to 15 bytes, else 1. The word is given by its key."""
    bit = hash_of_bytes(key_low, key_high) >> MAYBE_SHIFT
    return (U(table.maybe[bit >> THREE]) >> (bit & U(7))) & ONE


@inlined
def _is_sampled(key_low: np.uint64, key_high: np.uint64, length: np.uint64, tables: Tables) -> np.uint64:
    """Return 1 if a word belongs to the sample, since the lowest bits of its CRC-32 are zero, else 0.

    ``Tables.crc_masks`` explains how these bits follow from the key without a loop over its bytes.
    """
    bits = U(tables.crc_of_length[length])
    for bit in range(ZERO, U(DEPTH)):
        mask = (length * U(DEPTH) + bit) << ONE
        parity = ones((key_low & tables.crc_masks[mask]) ^ (key_high & tables.crc_masks[mask + ONE])) & ONE
        bits ^= parity << bit
    return U(bits & U((1 << DEPTH) - 1) == ZERO)


@inlined
def _sum_short(key_low: np.uint64, key_high: np.uint64, tables: Tables) -> tuple[np.uint64, ...]:
    """Return the CRC-32 of a word of up to 16 bytes, the two sums of its letter counts, and its length. Its key has its bytes."""
    crc, low, high, length = LOWER_HALF, ZERO, ZERO, ZERO
    for part in (key_low, key_high):
        rest = part
        # The bytes of a key come lowest first, and no byte of a token is zero. So what is left is zero exactly behind the last byte.
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
    """Return the CRC-32 of a long word, and the two sums of its letter counts. The sums may overflow, but equal letters always have equal sums."""
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
    """Return the fact for two sums of letter counts; ``NO_GROUP`` if there is none.

    The caller passes the table's ``shift_for``, since to compute it would take longer than the look-up.
    """
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
    """Add up the counts of words by group, and set all counts to zero for the next chunk. Return how many groups occur.

    The groups that occur go to ``groups``, in ascending order, and their counts to ``occurrences``. Both have room for all groups and one more.
    ``sample`` gets the CRC-32 of all in ``sampled``, and then of each remembered word in which the bits of ``sample_mask`` are zero. It has room
    for all of these and one more. ``sizes`` then has how many different remembered words there were, and how many are in the sample.
    """
    # The counts of hot words stand in the hot table alone until now.
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
        # Stored in any case, and kept only if the word belongs to the sample. Hence the room for one more.
        sample[n_sample] = crc
        n_sample += U(crc & U(sample_mask) == ZERO)
        totals[fact] += count
    memory.sizes[DISTINCT], memory.sizes[SAMPLED], memory.sizes[TOUCHED] = n_words, n_sample, 0
    # Words without a group were added here, so that no branch was needed.
    totals[NO_GROUP] = 0
    return int(take_from(U(FIRST_GROUP), totals, groups, occurrences))
