"""Whether workers can be copies of this process: the quickest start, and safe only if nothing of the process is shared or half done."""

from __future__ import annotations

import os
import stat
import sys
from typing import NamedTuple

__all__ = ["SharedDescriptors", "is_single_threaded"]

TASKS, DESCRIPTORS = "/proc/self/task", "/proc/self/fd"

STANDARD_STREAMS = frozenset({0, 1, 2})

MEMORY_DEVICES = 1
"""The major number of ``/dev/null``, ``/dev/urandom`` and their like, which have no state that readers could share."""


def is_single_threaded() -> bool:
    """Return whether this process has one thread. Threads that Python does not know count, such as those of a library for linear algebra.

    If another thread holds a lock at the moment of a fork, say the memory allocator's, the copy holds it for ever.
    """
    if sys.platform != "linux":
        return False
    try:
        return len(os.listdir(TASKS)) == 1
    except OSError:  # the system has no /proc
        return False


class SharedDescriptors:
    """What this process has open that its copies would share with it, and which of that is known to be used by this process alone.

    If two processes use the same connection to a database or a server, the same SQLite database, or the same place in a file, one gets
    the other's answers. The standard streams, and what the program was started with, are shared by all its processes anyway. What a run
    opens itself, its workers leave alone. Of everything else nobody knows: a task's module may have opened it.
    """

    def __init__(self) -> None:
        self._known: frozenset[Descriptor] = frozenset()

    @property
    def are_known(self) -> bool:
        """Return whether everything that is open was noted."""
        found = _shared()
        return found is not None and found <= self._known

    def note_files(self) -> None:
        """Note the files that are open now. Connections stay unknown, since a run has none of its own."""
        self._known |= {one for one in _shared() or () if one.is_file}

    def note_all(self) -> None:
        """Note everything that is open now."""
        self._known |= _shared() or frozenset()


class Descriptor(NamedTuple):
    """A descriptor and what it refers to: the same number may refer to something else later."""

    number: int
    device: int
    inode: int
    is_file: bool


def _shared() -> frozenset[Descriptor] | None:
    """Return the descriptors that copies of this process would share with it, None if the system does not tell."""
    if sys.platform != "linux":
        return None
    try:
        found = [_look(int(name)) for name in os.listdir(DESCRIPTORS)]
    except OSError:
        return None
    return frozenset(one for one in found if one is not None)


def _look(number: int) -> Descriptor | None:
    """Return a descriptor if copies of this process would share what it refers to."""
    if number in STANDARD_STREAMS:
        return None
    try:
        status, is_inheritable = os.fstat(number), os.get_inheritable(number)
    except OSError:  # it was the descriptor of the listing itself
        return None
    mode = status.st_mode
    if stat.S_ISCHR(mode) and os.major(status.st_rdev) == MEMORY_DEVICES:
        return None
    # Python opens nothing that programs inherit, so an inheritable one is from the program that started this one. Only files and
    # sockets may be from a library in C.
    if is_inheritable and (stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISDIR(mode)):
        return None
    return Descriptor(number, status.st_dev, status.st_ino, stat.S_ISREG(mode))
