"""A lock on a file that one process writes, so that others keep away."""

from __future__ import annotations

from io import IOBase

__all__ = ["lock"]


def lock(file: IOBase) -> bool:
    """Lock a file while it is open, for all processes that use this function. Return whether no other process had locked it.

    On Windows and on some file systems there are no locks. There the file is not locked, and the result is True.
    """
    try:
        import fcntl  # noqa: PLC0415 - not on Windows
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
