"""Decides which words are in the hot table."""

from __future__ import annotations

from typing import Final

from anagram_plugin_numba.compiled.keys import ONE, THREE, TOP, TWO, ZERO, U, mix
from anagram_plugin_numba.decorators import compiled
from anagram_plugin_numba.word_memory import HOT_BITS, TOUCHED, WordMemory

__all__ = ["EMPTY", "HOT_SHIFT", "elect", "write_back"]

HOT_SHIFT: Final = U(64 - HOT_BITS)
EMPTY: Final = ZERO
"""The place of the empty token, whose key is zero. No word may have it. Empty tokens are counted there, without a branch, and nobody reads the count."""


@compiled
def write_back(memory: WordMemory) -> None:
    """Add the counts of the hot table to those of the words in ``entries``, and set them to zero."""
    hot, entries, touched, sizes = memory.hot, memory.entries, memory.touched, memory.sizes
    for place in range(U(4), U(len(hot)), U(4)):
        count = hot[place + TWO]
        if count:
            entry = hot[place + THREE]
            if entries[entry + TWO] == ZERO:
                touched[sizes[TOUCHED]] = entry
                sizes[TOUCHED] += 1
            entries[entry + TWO] += count
            hot[place + TWO] = ZERO


@compiled
def elect(memory: WordMemory) -> None:
    """Give each place of the hot table to the word that occurred most in the present chunks, of those that hash to this place."""
    write_back(memory)
    hot, entries = memory.hot, memory.entries
    for t in range(memory.sizes[TOUCHED]):
        entry = U(memory.touched[t])
        low, high = entries[entry], entries[entry + ONE]
        if low & TOP:
            continue
        place = (mix(low, high) >> HOT_SHIFT) << TWO
        if place != EMPTY and entries[entry + TWO] > entries[hot[place + THREE] + TWO]:
            hot[place], hot[place + ONE], hot[place + THREE] = low, high, entry
