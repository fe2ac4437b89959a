"""The state of a file: a number that changes if the file is replaced or its content changes.

A reader of a part of a file compares the state afterwards with the one from the beginning of the run. If they are equal, everything that was read
before is of that content, because whatever changes a file changes one of its times first.
"""

from __future__ import annotations

import os
import stat
import time
from typing import BinaryIO

from pipeline_optimization.errors import InputError

__all__ = [
    "UNKNOWN",
    "WatchedFile",
    "changed",
    "is_same_state",
    "plain_bytes",
    "removed",
    "settled",
    "settled_path",
    "state_of",
]

UNKNOWN = 0
"""Stands for the state of something that cannot be compared, such as a pipe."""

TICK_NS = 20_000_000
"""Nanoseconds: twice the longest step of the clock from which Linux takes the times of files. Within one step a file can change twice and keep its
time."""

MOST_WAITS = 3
"""A file that is written all the time never settles. In that case the next write is noticed."""

MADE_UP_BYTES = 1 << 16
"""Files that the system makes up, such as those of /sys, claim a size of a page or so, and use no space on disk."""

_MASK = (1 << 64) - 2  # without the lowest bit, which tells a shared state


def state_of(facts: os.stat_result, *, is_shared: bool = False) -> int:
    """Return the state of a file that ``os.stat`` described by ``facts``, or UNKNOWN if it is no regular file.

    ``is_shared`` leaves out facts that may differ on another machine that sees the same file. The state is the same in all processes of one version
    of Python.
    """
    if not stat.S_ISREG(facts.st_mode):
        return UNKNOWN
    if is_shared:
        return hash((facts.st_size, facts.st_mtime_ns)) & _MASK | 1
    return hash((facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino, facts.st_dev)) & _MASK or 2


def plain_bytes(facts: os.stat_result) -> int:
    """Return the size of a file whose parts can be read. Return 0 for what is no regular file, or claims a size that may be wrong."""
    size = facts.st_size
    is_made_up = size <= MADE_UP_BYTES and getattr(facts, "st_blocks", 1) == 0
    return size if not is_made_up and stat.S_ISREG(facts.st_mode) else 0


def is_same_state(facts: os.stat_result, state: int) -> bool:
    """Return whether a file that has these facts now still has ``state``."""
    return state == UNKNOWN or state_of(facts, is_shared=bool(state & 1)) == state


def settled(handle: int) -> os.stat_result:
    """Return the facts of an open file, at a moment from which on any change gives it another time. That takes 20 ms at most, as a rule."""
    return _settled(handle, os.fstat(handle))


def settled_path(path: str) -> os.stat_result:
    """Return the facts of a path as ``settled`` does."""
    facts = os.stat(path)
    # This is checked here, without a call, because there may be very many files.
    return facts if facts.st_ctime_ns < time.time_ns() - TICK_NS else _settled(path, facts)


def changed(name: str) -> InputError:
    """Return the error for a file that changed after the run began."""
    return InputError(
        f"{name!r} changed while it was read: it was replaced, cut, or written to, so that the counts would mix two texts. "
        "Count it again when it is not written to, or count a copy. For a log that grows: cat FILE | anagram run -",
        source=name,
    )


def removed(name: str) -> InputError:
    """Return the error for a file that was removed after the run began."""
    return InputError(
        f"{name!r} was removed while it was read. Count it again once it is there, or count a copy of it", source=name
    )


def _settled(file: str | int, facts: os.stat_result) -> os.stat_result:
    for _ in range(MOST_WAITS):
        age = time.time_ns() - facts.st_ctime_ns
        if not (0 <= age < TICK_NS and stat.S_ISREG(facts.st_mode)):
            break
        time.sleep((TICK_NS - age) / 1e9)
        facts = os.stat(file)
    return facts


class WatchedFile:
    """An open file that must stay unchanged while it is read. If it is no regular file, it is read without that check.

    Its descriptor stays with the old file if another one replaces it, so only writing matters. Each ``read`` raises InputError if the file has
    changed since this object was made.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        self._facts = settled(file.fileno())
        self._state = state_of(self._facts)

    def read(self, size: int, /) -> bytes:
        data = self._file.read(size)
        if self._state and not is_same_state(facts := os.fstat(self._file.fileno()), self._state):
            self._allow_removal(facts)
        return data

    def _allow_removal(self, facts: os.stat_result) -> None:
        """Go on if the file has only lost a name, as when another file replaced it. What was opened is unchanged then."""
        is_as_before = (facts.st_size, facts.st_mtime_ns) == (self._facts.st_size, self._facts.st_mtime_ns)
        if not (is_as_before and facts.st_nlink < self._facts.st_nlink):
            raise changed(self._name)
        self._facts, self._state = facts, state_of(facts)

    def close(self) -> None:
        self._file.close()
