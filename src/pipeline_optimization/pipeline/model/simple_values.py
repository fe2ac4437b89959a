"""Values that can always be sent, kept and counted. So the elements that they came from need not be kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from types import NoneType
from typing import Any

__all__ = ["NUMBERS", "are_simple", "count_simple"]

SIMPLE = frozenset({bool, bytes, float, int, str, NoneType})

NUMBERS = frozenset({bool, float, int})


def are_simple(values: Sequence[Any]) -> bool:
    """Return whether all values are simple ones, or tuples of simple ones."""
    kinds = set(map(type, values))
    if tuple in kinds:
        kinds.remove(tuple)
        # The loop is needed for mixed values only. In most inputs all values are tuples, or none.
        tuples = [value for value in values if type(value) is tuple] if kinds else values
        kinds.update(map(type, chain.from_iterable(tuples)))
    return kinds <= SIMPLE


def count_simple(counts: Counter[Any], values: Sequence[Any]) -> bool:
    """Add values to counts of simple ones. Return whether all of them are simple; if not, the counts stay as they were.

    Only values that are new to the counts are checked, because the dictionary takes any other for one that it has. That takes half of the time of
    checking the type of each.
    """
    known, left = len(counts), iter(values)
    try:
        counts.update(left)
    except BaseException:
        # The values before the one that was taken last have been counted.
        _take_back(counts, islice(values, len(values) - sum(1 for _ in left) - 1))
        raise
    if are_simple(list(islice(reversed(counts), len(counts) - known))):
        return True
    _take_back(counts, values)
    return False


def _take_back(counts: Counter[Any], values: Iterable[Any]) -> None:
    counts.subtract(values)
    for value in [value for value, number in counts.items() if not number]:
        del counts[value]
