"""Whether workers can be copies of this process: that is the quickest start, and safe only where nothing of it is shared or half done."""

from __future__ import annotations

import os
import stat
import sys

__all__ = ["is_single_threaded", "shares_nothing"]

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


def shares_nothing() -> bool:
    """Return whether this process has nothing open that would be one and the same in its copies.

    A connection to a database or a server, a database of SQLite, or a file with a place at which it is read: whoever uses those in two
    processes gets the other's answers. What the standard streams are, and what the program was started with, is shared by all its processes anyway.
    """
    if sys.platform != "linux":
        return False
    try:
        return not any(_is_shared(int(name)) for name in os.listdir(DESCRIPTORS))
    except OSError:
        return False


def _is_shared(descriptor: int) -> bool:
    if descriptor in STANDARD_STREAMS:
        return False
    try:
        status, is_inheritable = os.fstat(descriptor), os.get_inheritable(descriptor)
    except OSError:  # the one by which they were listed
        return False
    mode = status.st_mode
    if stat.S_ISCHR(mode) and os.major(status.st_rdev) == MEMORY_DEVICES:
        return False
    # Python opens nothing that programs inherit, so that such a one is from whoever started this; libraries in C may do it with files and sockets.
    return not (is_inheritable and (stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISDIR(mode)))
