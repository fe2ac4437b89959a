"""Splits text into tokens, 64 bytes at a time.

The method is that of G. Langdale and D. Lemire, "Parsing gigabytes of JSON per second", VLDB Journal 28, 2019. Vector instructions look at
64 bytes at once. They make a number whose 64 bits say which of the bytes belong to words, and another one for separators. Arithmetic on
these numbers finds where tokens begin and end.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from anagram_plugin_numba.compiled.keys import ONE, TWO, ZERO, U
from anagram_plugin_numba.compiled.vectors import ones, trailing_zeros, what_is
from anagram_plugin_numba.decorators import compiled
from anagram_plugin_numba.numbers import Uint8, Uint32
from anagram_plugin_numba.tables import Tables
from anagram_plugin_numba.word_memory import Scratch

__all__ = ["block_end", "split"]

GROUP, LAST = U(64), U(63)
USUAL: Final = 28
"""This number of places is stored for every 64 bytes, however many there are, so that no branch is needed. More than 14 tokens are rare."""

SPACE, CASE = np.uint8(0x20), np.uint8(0x20)


@compiled
def block_end(data: Uint8, start: int, longest: int, tables: Tables) -> int:
    """Return the end of a block of at most ``longest`` bytes that does not end inside a token; ``start`` if there is no such block."""
    end = start + longest
    if end >= len(data):
        return len(data)
    # Only ASCII separators end a block. So the bytes of a wider character are never in two blocks.
    while end > start and not tables.is_separator[data[end - 1]]:
        end -= 1
    return end


@compiled
def _wide_space(data: Uint8, i: int, end: int) -> int:
    """Return how many bytes the white space outside ASCII has that begins at ``i``; 0 if none begins there.

    In UTF-8, the first byte of a character is never a later byte of another one. So this is exact in invalid text, too.
    """
    first = data[i]
    if first == 0xC2:
        return 2 if i + 1 < end and (data[i + 1] == 0x85 or data[i + 1] == 0xA0) else 0
    if first < 0xE1 or first > 0xE3 or i + 2 >= end:
        return 0
    second, third = data[i + 1], data[i + 2]
    if first == 0xE1:
        is_space = second == 0x9A and third == 0x80
    elif first == 0xE3:
        is_space = second == 0x80 and third == 0x80
    elif second == 0x80:
        is_space = 0x80 <= third <= 0x8A or third in (0xA8, 0xA9, 0xAF)
    else:
        is_space = second == 0x81 and third == 0x9F
    return 3 if is_space else 0


@compiled
def _blank_wide_space(text: Uint8, length: int) -> None:
    """Replace the bytes of white space outside ASCII by spaces."""
    i = 0
    while i < length:
        width = _wide_space(text, i, length) if text[i] >= 0xC2 else 0
        for j in range(i, i + width):
            text[j] = SPACE
        i += max(width, 1)


@compiled
def _store_places(bits: np.uint64, base: np.uint64, places: Uint32, n: np.uint64) -> np.uint64:
    """Store the places of all ones of ``bits``, counted from ``base``, in ``places`` from ``n`` on. Return the place behind the last one."""
    # Usually more places are stored than there are ones. The next call overwrites those behind ``end``.
    # ``bits & (bits - 1)`` removes the lowest one, which is the next place.
    end = n + ones(bits)
    for k in range(U(USUAL)):
        places[n + k] = base + trailing_zeros(bits)
        bits &= bits - ONE
    n += U(USUAL)
    while n < end:
        places[n] = base + trailing_zeros(bits)
        bits &= bits - ONE
        n += ONE
    return end


@compiled
def _join(scratch: Scratch, joins: np.uint64) -> None:
    """Join the pieces of tokens between which bytes were dropped: append each piece that ``found`` lists to the one before it, and leave it empty."""
    lower, places = scratch.lower, scratch.places
    target, end, before = ZERO, ZERO, ZERO
    # For "it's", places is 0, 2, 3, 4 and ``found`` is 2, the index in ``places`` at which the piece "s" begins. The "s" moves to place 2,
    # and places becomes 0, 3, 3, 3: the token "its", and an empty one.
    for j in range(ZERO, joins):
        piece = U(scratch.found[j])
        # Otherwise this piece follows the piece before, as in "o'er's", and is appended behind it.
        if j == ZERO or piece != before + TWO:
            target = U(places[piece - ONE])
            end = piece - ONE
        before = piece
        for i in range(U(places[piece]), U(places[piece + ONE])):
            lower[target] = lower[i]
            target += ONE
        places[end] = target
        places[piece + ONE] = places[piece]


@compiled
def split(data: Uint8, start: int, end: int, scratch: Scratch) -> tuple[np.uint64, np.uint64]:
    """Split a block into tokens. Return their number, and how many of them are empty.

    Token n is ``lower[places[2 * n]:places[2 * n + 1]]``. A word is a piece of kept bytes, or several pieces with only dropped bytes between them.
    In the second case, the token of the first piece gets all the bytes, and those of the other pieces are empty.
    """
    text, lower, places = scratch.text, scratch.lower, scratch.places
    length = end - start
    wide = np.uint8(0)
    for i in range(U(length)):
        byte = data[U(start) + i]
        # One look at ``wide`` then tells whether any byte is outside ASCII. Most blocks of English text have none.
        wide |= byte
        text[i] = byte
    # Spaces behind the block end its last token, and fill its last 64 bytes.
    for i in range(GROUP):
        text[U(length) + i] = SPACE
    if wide >= 0x80:
        _blank_wide_space(text, length)
    for i in range(U(length)):
        lower[i] = text[i] | CASE  # sets a bit that capitals lack, and that small letters and digits have
    # What the next 64 bytes must know of those before: whether the last byte was kept, and whether a token may go on behind dropped bytes.
    n, joins = ZERO, ZERO
    was_kept, was_joining = ZERO, ZERO
    # One more than the length: if the block fills its last group, the token at its end is ended by the spaces of a further group.
    for group in range(ZERO, U(length) + ONE, GROUP):
        base = U(group)
        kept, separators = what_is(text, base)
        dropped = ~(kept | separators)
        after_kept = (kept << ONE) | was_kept
        borders = kept ^ after_kept  # starts and ends, in turn
        # A token may go on behind a run of dropped bytes. If a kept byte stands before the run, a one is added at its first bit: it is carried
        # to the bit behind the run. If the byte there is kept, its piece belongs to the token before the run.
        first = dropped & (after_kept | was_joining)
        carried = first + dropped
        joined = (carried | was_joining) & kept
        while joined:
            place = trailing_zeros(joined)
            scratch.found[joins] = n + ones(borders & ((ONE << place) - ONE))
            joins += ONE
            joined &= joined - ONE
        n = _store_places(borders, base, places, n)
        # A sum below ``dropped`` means that the carry left the 64 bits: the run of dropped bytes reaches into the next group.
        was_kept, was_joining = kept >> LAST, U(carried < dropped)
    if joins:
        _join(scratch, joins)
    return n >> ONE, joins
