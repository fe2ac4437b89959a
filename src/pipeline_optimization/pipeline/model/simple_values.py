"""Values that can always be sent, kept and counted, so that nobody has to keep the elements that they came from."""

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
    """Return whether all values are simple ones, or tuples of these."""
    kinds = set(map(type, values))
    if tuple in kinds:
        kinds.remove(tuple)
        # A loop for those that are no tuples: in most inputs all are.
        tuples = [value for value in values if type(value) is tuple] if kinds else values
        kinds.update(map(type, chain.from_iterable(tuples)))
    return kinds <= SIMPLE


def count_simple(counts: Counter[Any], values: Sequence[Any]) -> bool:
    """Add values to counts of simple ones, and return whether that could be; else the counts stay as they were.

    Only values that are new to the counts are looked at: a dictionary takes the others for ones that it has. That takes half of the time
    of looking at the type of each.
    """
    known, left = len(counts), iter(values)
    try:
        counts.update(left)
    except BaseException:
        # Counted are those before the one that was taken last.
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
