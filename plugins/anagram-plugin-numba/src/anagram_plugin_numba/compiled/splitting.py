"""From bytes to tokens."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from anagram_plugin_numba.byte_classes import ByteClasses
from anagram_plugin_numba.compilation import compiled
from anagram_plugin_numba.compiled.keys import ONE, ZERO, U
from anagram_plugin_numba.word_memory import Scratch

__all__ = ["block_end", "split"]


@compiled
def block_end(data: NDArray[np.uint8], start: int, longest: int, classes: ByteClasses) -> int:
    """Return the end of a block of at most ``longest`` bytes that splits no token; ``start`` if there is none."""
    end = start + longest
    if end >= len(data):
        return len(data)
    while end > start and classes.is_separator[data[end - 1]] == ZERO:
        end -= 1
    return end


@compiled
def _has_wide(data: NDArray[np.uint8], start: int, end: int) -> bool:
    """Return whether a byte is above 0x7F; the loop is compiled to vector instructions."""
    found = np.uint8(0)
    for i in range(U(start), U(end)):
        found |= data[i]
    return bool(found >= 0x80)


@compiled
def _wide_space(data: NDArray[np.uint8], i: int, end: int) -> int:
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
def _split_ascii(data: NDArray[np.uint8], start: int, end: int, classes: ByteClasses, scratch: Scratch) -> np.uint64:
    """Split a block of ASCII; see ``split``. No branch depends on the text."""
    lower, is_kept, is_separator = classes.lower, classes.is_kept, classes.is_separator
    clean, ends = scratch.clean, scratch.ends
    kept, n = ZERO, ONE
    for i in range(U(start), U(end)):
        byte = data[i]
        clean[kept] = lower[byte]
        kept += is_kept[byte]
        ends[n] = kept
        n += is_separator[byte]
    ends[n] = kept
    return n + ONE


@compiled
def _split_wide(data: NDArray[np.uint8], start: int, end: int, classes: ByteClasses, scratch: Scratch) -> np.uint64:
    """Split a block with bytes above 0x7F; see ``split``."""
    clean, ends = scratch.clean, scratch.ends
    kept, n, i = ZERO, ONE, start
    while i < end:
        byte = data[i]
        step = 1
        if byte >= 0xC2:
            width = _wide_space(data, i, end)
            if width:
                ends[n] = kept
                n += ONE
                step = width
        else:
            clean[kept] = classes.lower[byte]
            kept += classes.is_kept[byte]
            ends[n] = kept
            n += classes.is_separator[byte]
        i += step
    ends[n] = kept
    return n + ONE


@compiled
def _drop_empty(ends: NDArray[np.uint32], n: np.uint64) -> np.uint64:
    """Drop the ends of empty tokens; return how many ends are left."""
    left, before = ONE, ends[ZERO]
    for i in range(ONE, n):
        end = ends[i]
        ends[left] = end
        left += U(end != before)
        before = end
    return left


@compiled
def split(data: NDArray[np.uint8], start: int, end: int, classes: ByteClasses, scratch: Scratch) -> np.uint64:
    """Split a block: token n is ``clean[ends[n - 1]:ends[n]]``, from 1 on. Return the number of ends."""
    if _has_wide(data, start, end):
        n = _split_wide(data, start, end, classes, scratch)
    else:
        n = _split_ascii(data, start, end, classes, scratch)
    return _drop_empty(scratch.ends, n)
