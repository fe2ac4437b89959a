"""What a checkpoint tells of items."""

from __future__ import annotations

import json

from attrs import frozen

__all__ = ["POISON", "STOPPED_RUN", "Failure", "FileSpan", "Found", "text_of"]

POISON, STOPPED_RUN = 1, 2


@frozen
class FileSpan:
    """The part of a file that an item stands for; ``path`` is as the system has it, offsets are in bytes."""

    path: bytes
    start: int
    stop: int


@frozen
class Found:
    """A finished item: its result, or None if it is part of the sum."""

    result: bytes | None


@frozen(kw_only=True)
class Failure:
    """An item that failed for good: what reports call it, where it comes from, its last error, and its attempts.

    If it ``stopped_run``, it is tried again when that goes on.
    """

    name: str
    place: str
    error: str
    message: str
    attempts: int
    is_poison: bool
    stopped_run: bool = False

    @property
    def flags(self) -> int:
        """Return both claims as the number that a checkpoint has of them."""
        return POISON * self.is_poison + STOPPED_RUN * self.stopped_run


def text_of(item: str) -> str:
    """Return an item's id without lone surrogates, which SQLite's text cannot hold."""
    return item if item.isascii() else json.dumps(item)
