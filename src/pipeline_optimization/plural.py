"""Numbers with nouns, in messages."""

from __future__ import annotations

import sys

__all__ = ["counted", "counted_slots"]


def counted(number: int, noun: str, nouns: str = "") -> str:
    """Return a number with its noun: ``1 item``, ``2 items``, ``1,000 items``. ``nouns`` is an irregular plural."""
    return f"{number:,} {noun if number == 1 else nouns or f'{noun}s'}"


def counted_slots(slots: int) -> str:
    """Return how many attempts run at once, with the noun: ``1 slot``, ``8 slots``. ``sys.maxsize`` means that there is no limit."""
    return "unlimited slots" if slots == sys.maxsize else counted(slots, "slot")
