"""Keys of words, which are two numbers of 64 bits, and their hashes. Also the unsigned constants that all compiled functions use."""

from __future__ import annotations

from typing import Final

import numpy as np

from anagram_plugin_numba.decorators import compiled
from anagram_plugin_numba.numbers import Uint32

__all__ = [
    "BYTE",
    "EIGHT",
    "HALF",
    "INLINE",
    "LONG",
    "LOWER_HALF",
    "MIX_HIGH",
    "MIX_LOW",
    "ONE",
    "THREE",
    "TOP",
    "TWO",
    "ZERO",
    "U",
]
__all__ += ["mix", "shift_for"]

U = np.uint64
ZERO, ONE, TWO, THREE, EIGHT = U(0), U(1), U(2), U(3), U(8)
INLINE, LONG, BYTE, WORD_BITS = U(16), U(17), U(0xFF), U(64)
HALF, LOWER_HALF = U(32), U(0xFFFFFFFF)
TOP: Final = U(1 << 63)
"""The bit that marks the key of a word of more than 16 bytes. The first half of such a key is a hash, the second the place of the word's bytes.

No shorter word has this bit, as all its bytes are ASCII.
"""

MIX_LOW, MIX_HIGH = U(0x9E3779B97F4A7C15), U(0xC2B2AE3D27D4EB4F)


@compiled
def mix(low: np.uint64, high: np.uint64) -> np.uint64:
    """Return a hash of a key. Only its upper bits depend on all bits of the key, so places in tables are made of these."""
    return ((low * MIX_LOW) ^ (high * MIX_HIGH)) * MIX_LOW


@compiled
def shift_for(table: Uint32) -> np.uint64:
    """Return by how many bits a hash is shifted to give a place in a table, whose size is a power of two."""
    shift, size = WORD_BITS, U(len(table))
    while size > ONE:
        size >>= ONE
        shift -= ONE
    return shift
