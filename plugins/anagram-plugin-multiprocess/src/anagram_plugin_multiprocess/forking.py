"""Whether workers can be copies of this process: that is the quickest start, and safe only where nothing of it is shared or half done."""

from __future__ import annotations

import os
import stat
import sys
from typing import NamedTuple

__all__ = ["SharedDescriptors", "is_single_threaded"]

TASKS, DESCRIPTORS = "/proc/self/task", "/proc/self/fd"

STANDARD_STREAMS = frozenset({0, 1, 2})

MEMORY_DEVICES = 1
"""The major number of ``/dev/null``, ``/dev/urandom`` and their like, of which each reader has its own."""


def is_single_threaded() -> bool:
    """Return whether this process has one thread, also of those that Python knows nothing of, such as a library's for linear algebra.

    What another thread holds at the moment of a fork, such as a lock of the memory allocator, is held for ever in the copy.
    """
    if sys.platform != "linux":
        return False
    try:
        return len(os.listdir(TASKS)) == 1
    except OSError:  # it is a system without /proc
        return False


class SharedDescriptors:
    """What this process has open that would be one and the same in its copies, and what of it is known to be used by this process alone.

    A connection to a database or a server, a database of SQLite, or a file with a place at which it is read: whoever uses those in two
    processes gets the other's answers. What the standard streams are, and what the program was started with, is shared by all its processes anyway.
    What a run opens itself, its workers leave alone. Of all else nobody knows: a module that has opened it may be that of a task.
    """

    def __init__(self) -> None:
        self._known: frozenset[Descriptor] = frozenset()

    @property
    def are_known(self) -> bool:
        """Whether nothing is open but what was noted."""
        found = _shared()
        return found is not None and found <= self._known

    def note_files(self) -> None:
        """Note the files that are open now. Connections that came with them stay unknown: a run has none of its own."""
        self._known |= {one for one in _shared() or () if one.is_file}

    def note_all(self) -> None:
        """Note whatever is open now."""
        self._known |= _shared() or frozenset()


class Descriptor(NamedTuple):
    """A descriptor with what it leads to: the same number may lead elsewhere later."""

    number: int
    device: int
    inode: int
    is_file: bool


def _shared() -> frozenset[Descriptor] | None:
    """Return the descriptors that copies of this process would share with it, None where the system does not tell."""
    if sys.platform != "linux":
        return None
    try:
        found = [_look(int(name)) for name in os.listdir(DESCRIPTORS)]
    except OSError:
        return None
    return frozenset(one for one in found if one is not None)


def _look(number: int) -> Descriptor | None:
    """Return a descriptor if copies of this process would share what it leads to."""
    if number in STANDARD_STREAMS:
        return None
    try:
        status, is_inheritable = os.fstat(number), os.get_inheritable(number)
    except OSError:  # the one by which they were listed
        return None
    mode = status.st_mode
    if stat.S_ISCHR(mode) and os.major(status.st_rdev) == MEMORY_DEVICES:
        return None
    # Python opens nothing that programs inherit, so that such a one is from whoever started this; libraries in C may do it with files and sockets.
    if is_inheritable and (stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISDIR(mode)):
        return None
    return Descriptor(number, status.st_dev, status.st_ino, stat.S_ISREG(mode))
