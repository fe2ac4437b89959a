"""Adding up results, and numbers each once."""

from __future__ import annotations

import numpy as np

from anagram_plugin_numba.compiled.keys import BYTE, HALF, LOWER_HALF, ONE, ZERO, U
from anagram_plugin_numba.decorators import compiled, inlined
from anagram_plugin_numba.numbers import Uint32, Uint64

__all__ = ["add_counts", "keep_each_once", "narrow", "take_counts", "take_from"]


@compiled
def add_counts(groups: Uint32, halves: Uint32, width: int, totals: Uint64) -> None:
    """Add to each group's total its number, which is in one or two (``width``) halves, the lower one first."""
    for i in range(len(groups)):
        number = U(halves[i * width])
        if width == 2:
            number |= U(halves[2 * i + 1]) << HALF
        totals[groups[i]] += number


@inlined
def take_from(first: np.uint64, totals: Uint64, groups: Uint32, occurrences: Uint64) -> np.uint64:
    """Write the groups whose total is not zero, ascending, with their totals, and return how many there are.

    The total of group 0 is at ``first``. Totals are set to zero; the other arrays have room for all groups and one more.
    """
    n_groups = ZERO
    for place in range(first, U(len(totals))):
        total = totals[place]
        groups[n_groups] = place - first
        occurrences[n_groups] = total
        n_groups += U(total != ZERO)
        totals[place] = ZERO
    return n_groups


@compiled
def take_counts(totals: Uint64, groups: Uint32, occurrences: Uint64) -> int:
    """Do as ``take_from`` where all totals are those of groups."""
    return int(take_from(ZERO, totals, groups, occurrences))


@compiled
def narrow(numbers: Uint64, halves: Uint32) -> int:
    """Write the lower half of each number, and return 1 if that is not all of them."""
    upper = ZERO
    for i in range(len(numbers)):
        halves[i] = numbers[i] & LOWER_HALF
        upper |= numbers[i] >> HALF
    return int(upper != ZERO)


@compiled
def keep_each_once(numbers: Uint32, room: Uint32, starts: Uint64) -> int:
    """Sort numbers and leave each once at the beginning; return how many are left.

    Radix sort, a byte at a time. ``room`` is as large as the numbers, ``starts`` has 256 places.
    """
    size, source, target = len(numbers), numbers, room
    for shift in range(0, 32, 8):
        for digit in range(256):
            starts[digit] = ZERO
        for i in range(size):
            starts[(U(source[i]) >> U(shift)) & BYTE] += ONE
        end = ZERO
        for digit in range(256):
            start = end
            end += starts[digit]
            starts[digit] = start
        for i in range(size):
            of_value = (U(source[i]) >> U(shift)) & BYTE
            target[starts[of_value]] = source[i]
            starts[of_value] += ONE
        source, target = target, source
    kept = 0
    for i in range(size):
        if kept == 0 or numbers[i] != numbers[kept - 1]:
            numbers[kept] = numbers[i]
            kept += 1
    return kept
