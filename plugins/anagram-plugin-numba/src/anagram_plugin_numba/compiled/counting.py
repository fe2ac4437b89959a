"""Counts the tokens of blocks: frequent words in a small table, the others in the table of all words.

The key of a token is two numbers of eight bytes (``keys``). Both are loaded whole, and ``masks`` removes the bytes that stand behind the token.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from anagram_plugin_numba.compiled.electing import EMPTY, HOT_SHIFT, elect
from anagram_plugin_numba.compiled.grouping import count_unremembered
from anagram_plugin_numba.compiled.keys import (
    BYTE,
    EIGHT,
    INLINE,
    LONG,
    MIX_HIGH,
    MIX_LOW,
    ONE,
    THREE,
    TOP,
    TWO,
    ZERO,
    U,
    mix,
    shift_for,
)
from anagram_plugin_numba.compiled.splitting import block_end, split
from anagram_plugin_numba.compiled.vectors import load_eight
from anagram_plugin_numba.decorators import compiled
from anagram_plugin_numba.group_table import GroupTable
from anagram_plugin_numba.numbers import Uint8
from anagram_plugin_numba.tables import Tables
from anagram_plugin_numba.word_memory import (
    GROUP_BYTES,
    LONG_END,
    MISSED,
    SAMPLED,
    SINK,
    TOKENS,
    TOUCHED,
    WORDS,
    Scratch,
    WordMemory,
)

__all__ = ["count_blocks"]

ELECTION: Final = 1 << 18
"""After this number of tokens that were not in the hot table, the table is filled anew with the words that occurred most."""


@compiled
def _count_hot(n: np.uint64, tables: Tables, scratch: Scratch, memory: WordMemory) -> np.uint64:
    """Count the tokens that are in the hot table. List the others in ``missed``, and return how many these are."""
    lower, places, missed, masks, hot = scratch.lower, scratch.places, scratch.missed, tables.masks, memory.hot
    misses = ZERO
    # ``places`` has two numbers for each token: where it begins, and where it ends. ``masks`` and ``hot`` have four for each row.
    for i in range(n):
        start = U(places[i << ONE])
        # All tokens of more than 16 bytes share the last row of ``masks``. It gives them the key (``TOP``, 0), which no word has: the second half of
        # a long word's key is a place, and no place is 0. So long tokens always miss, without a branch.
        mask = min(U(places[(i << ONE) + ONE]) - start, LONG) << TWO
        low = (load_eight(lower, start) & masks[mask]) | masks[mask + TWO]
        high = load_eight(lower, start + EIGHT) & masks[mask + ONE]
        place = (mix(low, high) >> HOT_SHIFT) << TWO
        # Without a branch: a hit adds 1 to the count, and the next token overwrites this one in ``missed``.
        is_hit = U((hot[place] == low) & (hot[place + ONE] == high))
        hot[place + TWO] += is_hit
        missed[misses] = i
        misses += ONE - is_hit
    return misses


@compiled
def _count_known(misses: np.uint64, tables: Tables, scratch: Scratch, memory: WordMemory) -> np.uint64:
    """Count the missed tokens that are in the first slot that they hash to. List the others in ``missed``, and return how many these are.

    The table of all words is larger than the processor's caches, and to fetch an entry from memory takes as long as to count many words. So
    there are three loops. The first finds the entries, the second makes the processor fetch many of them at the same time, and the
    third counts.
    """
    lower, places, missed, masks = scratch.lower, scratch.places, scratch.missed, tables.masks
    entries, slots, touched = memory.entries, memory.slots, memory.touched
    found = scratch.found
    shift = shift_for(slots)
    for j in range(ZERO, misses):
        i = U(missed[j])
        start = U(places[i << ONE])
        mask = min(U(places[(i << ONE) + ONE]) - start, LONG) << TWO
        low = (load_eight(lower, start) & masks[mask]) | masks[mask + TWO]
        high = load_eight(lower, start + EIGHT) & masks[mask + ONE]
        # An empty slot leads to entry 0. Its key is zero, which no missed token has, so it needs no test: the token misses below.
        found[j] = slots[mix(low, high) >> shift]
    # This loop only makes the processor fetch the entries. In the loop below, the stores would keep it from reading ahead. The result goes to
    # ``SINK``, which nobody reads, or the compiler would leave the loop out.
    fetched = ZERO
    for j in range(ZERO, misses):
        fetched ^= entries[U(found[j]) << TWO]
    memory.sizes[SINK] = fetched
    n_touched, rest = U(memory.sizes[TOUCHED]), ZERO
    for j in range(ZERO, misses):
        i = U(missed[j])
        start = U(places[i << ONE])
        mask = min(U(places[(i << ONE) + ONE]) - start, LONG) << TWO
        low = (load_eight(lower, start) & masks[mask]) | masks[mask + TWO]
        high = load_eight(lower, start + EIGHT) & masks[mask + ONE]
        entry = U(found[j]) << TWO
        is_hit = U((entries[entry] == low) & (entries[entry + ONE] == high))
        count = entries[entry + TWO]
        entries[entry + TWO] = count + is_hit
        # An entry is stored in any case, and kept only if the word occurs for the first time in these chunks.
        touched[n_touched] = entry
        n_touched += is_hit & U(count == ZERO)
        missed[rest] = i
        rest += ONE - is_hit
    memory.sizes[TOUCHED] = n_touched
    return rest


@compiled
def _long_key(lower: Uint8, start: np.uint64, length: np.uint64, tables: Tables) -> np.uint64:
    """Return the first half of the key of a long word: a hash of its bytes, with the highest bit set."""
    key = length
    # The bytes behind the end of the word are loaded, too, and masked.
    for i in range(ZERO, length, EIGHT):
        part = load_eight(lower, start + i) & tables.masks[min(length - i, EIGHT) << TWO]
        key = (key ^ part) * MIX_LOW
        key ^= key >> U(29)
    return (key * MIX_HIGH) | TOP


@compiled
def _is_long_word(long_words: Uint8, place: np.uint64, lower: Uint8, start: np.uint64, length: np.uint64) -> bool:
    """Return whether the long word at ``place`` is the token that begins at ``start``."""
    if load_eight(long_words, place) != length:
        return False
    i = ZERO
    while i < length and long_words[place + EIGHT + i] == lower[start + i]:
        i += ONE
    return bool(i == length)


@compiled
def _add_long_word(lower: Uint8, start: np.uint64, length: np.uint64, memory: WordMemory) -> np.uint64:
    """Store the length and the bytes of a long word, and return their place."""
    place = U(memory.sizes[LONG_END])
    # The lowest byte first, as ``load_eight`` reads it.
    for i in range(ZERO, EIGHT):
        memory.long_words[place + i] = (length >> (EIGHT * i)) & BYTE
    for i in range(ZERO, length):
        memory.long_words[place + EIGHT + i] = lower[start + i]
    memory.sizes[LONG_END] = place + EIGHT + ((length + U(7)) & ~U(7))
    return place


@compiled
def _count_new(rest: np.uint64, tables: Tables, scratch: Scratch, memory: WordMemory) -> None:
    """Count the first ``rest`` tokens of ``missed``, and add the new words among them to the memory."""
    lower, places, masks = scratch.lower, scratch.places, tables.masks
    entries, slots = memory.entries, memory.slots
    hot, touched, sizes = memory.hot, memory.touched, memory.sizes
    shift, last = shift_for(slots), U(len(slots) - 1)
    for j in range(ZERO, rest):
        i = U(scratch.missed[j])
        start = U(places[i << ONE])
        length = U(places[(i << ONE) + ONE]) - start
        is_long = length > INLINE
        low, high = ZERO, ZERO
        if is_long:
            low = _long_key(lower, start, length, tables)
        else:
            low = load_eight(lower, start) & masks[length << TWO]
            high = load_eight(lower, start + EIGHT) & masks[(length << TWO) + ONE]
        # The second half of a long word's key is its place in memory, which a new token does not have yet. So its hash is made of the first
        # half alone.
        mixed = mix(low, high)
        slot = mixed >> shift
        # Ends, since the slots are at most half full: the caller makes room before a block.
        while True:
            entry = U(slots[slot]) << TWO
            if entry == ZERO:
                # ``slots`` has the numbers of entries. ``hot`` and ``touched`` have their places in ``entries``, which are four times as large.
                slots[slot] = sizes[WORDS]
                entry = U(sizes[WORDS]) << TWO
                sizes[WORDS] += 1
                entries[entry] = low
                entries[entry + ONE] = _add_long_word(lower, start, length, memory) if is_long else high
                # A new word takes its place in the hot table if that is free. ``elect`` gives the place to a more frequent word later.
                place = (mixed >> HOT_SHIFT) << TWO
                # Long words stay out, since two of them may have the same hash, and only their bytes tell them apart.
                if hot[place] == ZERO and place != EMPTY and not is_long:
                    hot[place], hot[place + ONE], hot[place + THREE] = low, high, entry
                break
            # Only a long word has ``TOP`` in its first half, so equal halves are either both of long words or both of short ones.
            if entries[entry] == low:
                found = entries[entry + ONE]
                if _is_long_word(memory.long_words, found, lower, start, length) if is_long else found == high:
                    break
            slot = (slot + ONE) & last
        if entries[entry + TWO] == ZERO:
            touched[sizes[TOUCHED]] = entry
            sizes[TOUCHED] += 1
        entries[entry + TWO] += ONE


@compiled
def count_blocks(  # noqa: PLR0917 - numba takes positional arguments
    data: Uint8,
    start: int,
    tables: Tables,
    scratch: Scratch,
    memory: WordMemory,
    table: GroupTable,
    most_remembered: int,
    most_words: int,
    most_long_bytes: int,
    most_sampled: int,
) -> int:
    """Count the text from ``start`` on, block by block, and return where it stopped.

    It stops before the end of the text if the memory has more than ``most_words``, ``most_long_bytes`` or ``most_sampled``, since the next block
    might then need more room than there is. It also stops if a token is longer than a block. The caller makes room, and calls it again.

    If the memory has more than ``most_remembered`` words, new words are counted without being remembered, except long ones.
    """
    sizes, longest = memory.sizes, len(scratch.text) - GROUP_BYTES
    position = start
    while (
        position < len(data)
        and sizes[WORDS] <= most_words
        and sizes[LONG_END] <= most_long_bytes
        and sizes[SAMPLED] <= most_sampled
    ):
        end = block_end(data, position, longest, tables)
        # There is no separator in a whole block: a token is longer than the scratch arrays.
        if end == position:
            break
        n, empty = split(data, position, end, scratch)
        # Pieces of a word that were joined to its first piece are left behind as empty tokens.
        sizes[TOKENS] += n - empty
        misses = _count_hot(n, tables, scratch, memory)
        rest = _count_known(misses, tables, scratch, memory)
        # Asked after the look-ups, so words that are remembered already go on being counted as words.
        if sizes[WORDS] > most_remembered:
            rest = count_unremembered(rest, tables, scratch, memory, table)
        _count_new(rest, tables, scratch, memory)
        sizes[MISSED] += misses
        if sizes[MISSED] > ELECTION:
            # If few tokens miss, the hot table is good enough and elections are rare.
            elect(memory)
            sizes[MISSED] = 0
        position = end
    return position
