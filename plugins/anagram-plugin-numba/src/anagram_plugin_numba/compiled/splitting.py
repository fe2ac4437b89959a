"""From bytes to tokens, 64 bytes at a time.

As in G. Langdale and D. Lemire, "Parsing gigabytes of JSON per second", VLDB Journal 28, 2019: vector instructions
tell of 64 bytes what each is, as the bits of a number, and arithmetic on these numbers finds where tokens begin and end.
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
"""So many places are stored for every 64 bytes without looking how many there are; more than 14 tokens are rare."""

SPACE, CASE = np.uint8(0x20), np.uint8(0x20)


@compiled
def block_end(data: Uint8, start: int, longest: int, tables: Tables) -> int:
    """Return the end of a block of at most ``longest`` bytes that splits no token; ``start`` if there is none."""
    end = start + longest
    if end >= len(data):
        return len(data)
    while end > start and not tables.is_separator[data[end - 1]]:
        end -= 1
    return end


@compiled
def _wide_space(data: Uint8, i: int, end: int) -> int:
    """Return the length in bytes of the white space outside ASCII that begins at ``i``, or 0.

    Its first byte is never part of another character, so this is exact in invalid UTF-8, too.
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
    """Put spaces in the place of white space outside ASCII."""
    i = 0
    while i < length:
        width = _wide_space(text, i, length) if text[i] >= 0xC2 else 0
        for j in range(i, i + width):
            text[j] = SPACE
        i += max(width, 1)


@compiled
def _store_places(bits: np.uint64, base: np.uint64, places: Uint32, n: np.uint64) -> np.uint64:
    """Store where the ones of ``bits`` are, counted from ``base``, from ``places[n]`` on; return the new n."""
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
    """Append each piece whose start ``found`` lists to the one before it, and leave it empty."""
    lower, places = scratch.lower, scratch.places
    target, end, before = ZERO, ZERO, ZERO
    for j in range(ZERO, joins):
        piece = U(scratch.found[j])
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
    """Split a block: token n is ``lower[places[2 * n]:places[2 * n + 1]]``. Return their number, and how many are empty.

    A token is a piece of kept bytes, or several that only dropped bytes separate; the first has then all of it, and the
    others are empty.
    """
    text, lower, places = scratch.text, scratch.lower, scratch.places
    length = end - start
    wide = np.uint8(0)
    for i in range(U(length)):
        byte = data[U(start) + i]
        wide |= byte
        text[i] = byte
    for i in range(GROUP):  # so that the last token ends in the block, and the last bytes make a group
        text[U(length) + i] = SPACE
    if wide >= 0x80:
        _blank_wide_space(text, length)
    for i in range(U(length)):
        lower[i] = text[i] | CASE  # makes capitals small, and leaves small letters and digits as they are
    n, joins = ZERO, ZERO
    was_kept, was_joining = ZERO, ZERO
    for group in range(ZERO, U(length) + ONE, GROUP):
        base = U(group)
        kept, separators = what_is(text, base)
        dropped = ~(kept | separators)
        after_kept = (kept << ONE) | was_kept
        borders = kept ^ after_kept  # starts and ends, in turn
        # Adding a one to the first of a run of ones carries it to the bit behind the run.
        first = dropped & (after_kept | was_joining)
        carried = first + dropped
        joined = (carried | was_joining) & kept
        while joined:
            place = trailing_zeros(joined)
            scratch.found[joins] = n + ones(borders & ((ONE << place) - ONE))
            joins += ONE
            joined &= joined - ONE
        n = _store_places(borders, base, places, n)
        was_kept, was_joining = kept >> LAST, U(carried < dropped)
    if joins:
        _join(scratch, joins)
    return n >> ONE, joins
