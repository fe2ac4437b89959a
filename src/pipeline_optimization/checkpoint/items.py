"""Items in a checkpoint: the finished ones, and those that failed for good."""

from __future__ import annotations

import json

from attrs import frozen

__all__ = ["POISON", "STOPPED_RUN", "Failure", "FileSpan", "Found", "text_of"]

POISON, STOPPED_RUN = 1, 2


@frozen
class FileSpan:
    """The part of a file that an item covers. ``path`` has the system's own bytes, and offsets are in bytes."""

    path: bytes
    start: int
    stop: int


@frozen
class Found:
    """A finished item: its result, or None if the result is part of the sum."""

    result: bytes | None


@frozen(kw_only=True)
class Failure:
    """An item that failed for good.

    Attributes:
        name: Its name in reports.
        place: Where it comes from, for people.
        error: The type of its last error.
        message: The message of its last error.
        attempts: The number of its attempts.
        is_poison: Whether its workers kept dying.
        stopped_run: Whether it stopped its run. Then it is tried again when the run goes on.
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
        """Return both booleans as the number that is stored."""
        return POISON * self.is_poison + STOPPED_RUN * self.stopped_run


def text_of(item: str) -> str:
    """Return an item's id without lone surrogates, which SQLite's text cannot contain."""
    return item if item.isascii() else json.dumps(item)
