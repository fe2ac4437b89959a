"""Adds up the counts of groups, and sorts the hashes of the sample."""

from __future__ import annotations

import numpy as np

from anagram_plugin_numba.compiled.keys import BYTE, HALF, LOWER_HALF, ONE, ZERO, U
from anagram_plugin_numba.decorators import compiled, inlined
from anagram_plugin_numba.numbers import Uint32, Uint64

__all__ = ["add_counts", "keep_each_once", "narrow", "take_counts", "take_from"]


@compiled
def add_counts(groups: Uint32, halves: Uint32, width: int, totals: Uint64) -> None:
    """Add a number to the total of each group. Each number has ``width`` halves of 32 bits: one, or two with the lower one first."""
    for i in range(len(groups)):
        number = U(halves[i * width])
        if width == 2:
            number |= U(halves[2 * i + 1]) << HALF
        totals[groups[i]] += number


@inlined
def take_from(first: np.uint64, totals: Uint64, groups: Uint32, occurrences: Uint64) -> np.uint64:
    """Write the groups whose total is not zero, in ascending order, and set all totals to zero. Return how many groups were written.

    The total of group 0 is at ``first``. ``groups`` and ``occurrences`` have room for all groups and one more, since each group is stored before
    it is known whether it counts.
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
    """Do what ``take_from`` does, if the total of group 0 is at place 0."""
    return int(take_from(ZERO, totals, groups, occurrences))


@compiled
def narrow(numbers: Uint64, halves: Uint32) -> int:
    """Write the lower half of each number. Return 1 if a number has an upper half, which is then lost, else 0."""
    upper = ZERO
    for i in range(len(numbers)):
        halves[i] = numbers[i] & LOWER_HALF
        upper |= numbers[i] >> HALF
    return int(upper != ZERO)


@compiled
def keep_each_once(numbers: Uint32, room: Uint32, starts: Uint64) -> int:
    """Sort numbers, and move the different ones to the beginning. Return how many these are.

    This is a radix sort: four passes, from the lowest byte to the highest, each of which keeps the order of numbers with equal bytes. ``room`` has
    as many places as there are numbers, and ``starts`` has 256.
    """
    size, source, target = len(numbers), numbers, room
    for shift in range(0, 32, 8):
        for digit in range(256):
            starts[digit] = ZERO
        for i in range(size):
            starts[(U(source[i]) >> U(shift)) & BYTE] += ONE
        # From how many numbers have each byte, to the place of the first of them.
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
    # After four passes, the sorted numbers are in ``numbers`` again.
    kept = 0
    for i in range(size):
        if kept == 0 or numbers[i] != numbers[kept - 1]:
            numbers[kept] = numbers[i]
            kept += 1
    return kept
