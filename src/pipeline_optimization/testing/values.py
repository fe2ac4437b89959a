"""Compares values of any type, and shows them."""

from __future__ import annotations

from contextlib import suppress

__all__ = ["is_same", "shown"]

LENGTH = 120
"""The most characters of a value in a message."""


def is_same(one: object, other: object) -> bool:
    """Return whether two values are equal, or have the same ``repr`` if they equal nothing, as NaN does."""
    with suppress(Exception):  # objects may compare in any way, such as arrays
        if one == other:
            return True
    return repr(one) == repr(other)


def shown(value: object) -> str:
    """Return a value for a message."""
    text = repr(value)
    return text if len(text) <= LENGTH else f"{text[:LENGTH]}…"
