"""What a checkpoint tells of items."""

from __future__ import annotations

from attrs import frozen

__all__ = ["Failure", "FileSpan", "Found"]


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
    """An item that failed for good: what reports call it, where it comes from, its last error, and its attempts."""

    name: str
    place: str
    error: str
    message: str
    attempts: int
    is_poison: bool
