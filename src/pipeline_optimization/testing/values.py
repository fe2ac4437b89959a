"""Compares values of any type, and shows them."""

from __future__ import annotations

from contextlib import suppress

__all__ = ["is_same", "shown"]

LENGTH = 120
"""Characters of a value that a message shows."""


def is_same(one: object, other: object) -> bool:
    """Return whether two values are equal, or written alike where they are equal to nothing, as NaN is not."""
    with suppress(Exception):  # objects may compare as they like, arrays for instance
        if one == other:
            return True
    return repr(one) == repr(other)


def shown(value: object) -> str:
    """Return a value as a message shows it."""
    text = repr(value)
    return text if len(text) <= LENGTH else f"{text[:LENGTH]}…"
