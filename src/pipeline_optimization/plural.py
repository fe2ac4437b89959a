"""Numbers with nouns, in messages."""

from __future__ import annotations

__all__ = ["counted"]


def counted(number: int, noun: str, nouns: str = "") -> str:
    """Return a number with its noun: ``1 item``, ``2 items``, ``1,000 items``. ``nouns`` is an irregular plural."""
    return f"{number:,} {noun if number == 1 else nouns or f'{noun}s'}"
