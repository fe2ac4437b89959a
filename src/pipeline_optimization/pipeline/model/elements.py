"""The identity of an element: its place in the input, and its way through steps that make several outputs of one element.

It depends neither on time, nor on the worker, nor on how elements are put together into bundles.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["ElementPath", "child", "name_of", "position", "position_of_next"]

ElementPath = tuple[int, ...]
"""The number of the source, the element's place in it, and its number among the outputs of each ``flat_map`` so far."""

FACTOR = 0x9E3779B97F4A7C15F39CC0605CEDC835
"""An odd number of 128 bits without a pattern (from the golden ratio), so that positions of different paths differ."""

MODULUS = 1 << 128


def child(path: ElementPath, number: int) -> ElementPath:
    """Return the path of the output with that number, from 0."""
    return (*path, number)


def position(path: Sequence[int]) -> int:
    """Return the number by which the ledger knows an element.

    It is linear in the last place of the path, so that the sum over successive elements needs no loop.
    """
    found = 0
    for place in path:
        found = (found * FACTOR + place + 1) % MODULUS
    return found


def position_of_next(parent: Sequence[int]) -> int:
    """Return the position of a path except for its last place, which is to be added."""
    return position((*parent, 0))


def name_of(path: ElementPath) -> str:
    """Return a path as a text. ``0:120.1`` is the second output of the element that begins at byte 120 of the first source."""
    source, *rest = path
    return f"{source}:{'.'.join(map(str, rest))}"
