"""Adding up results, and numbers each once."""

from __future__ import annotations

from anagram_plugin_numba.compilation import compiled
from anagram_plugin_numba.compiled.keys import BYTE, ONE, ZERO, U
from anagram_plugin_numba.numbers import Uint8, Uint32, Uint64

__all__ = ["add_counts", "count_longer", "keep_each_once", "narrow", "take_counts"]

HALF, LOWER_HALF, NEWLINE = U(32), U(0xFFFFFFFF), U(10)


@compiled
def add_counts(groups: Uint32, halves: Uint32, width: int, totals: Uint64) -> None:
    """Add to each group's total its number, which is in one or two (``width``) halves, the lower one first."""
    for i in range(len(groups)):
        number = U(halves[i * width])
        if width == 2:
            number |= U(halves[2 * i + 1]) << HALF
        totals[groups[i]] += number


@compiled
def take_counts(totals: Uint64, groups: Uint32, occurrences: Uint64) -> int:
    """Write the groups whose total is not zero, ascending, with their totals, and return how many there are.

    The arrays have room for all groups and one more.
    """
    n_groups = ZERO
    for group in range(U(len(totals))):
        groups[n_groups] = group
        occurrences[n_groups] = totals[group]
        n_groups += U(totals[group] != ZERO)
    return int(n_groups)


@compiled
def narrow(numbers: Uint64, size: int, halves: Uint32) -> int:
    """Write the lower half of each of so many numbers, and return 1 if that is not all of them."""
    upper = ZERO
    for i in range(size):
        halves[i] = numbers[i] & LOWER_HALF
        upper |= numbers[i] >> HALF
    return int(upper != ZERO)


@compiled
def keep_each_once(numbers: Uint32, size: int, room: Uint32, starts: Uint64) -> int:
    """Sort the first ``size`` numbers and leave each once; return how many are left.

    Radix sort, a byte at a time. ``room`` is as large as the numbers, ``starts`` has 256 places.
    """
    source, target = numbers, room
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


@compiled
def count_longer(lines: Uint8, longest: int) -> int:
    """Return how many lines have more than so many bytes. Each has a line feed behind it."""
    number, length = 0, 0
    for byte in lines:
        if byte == NEWLINE:
            number += length > longest
            length = 0
        else:
            length += 1
    return number
