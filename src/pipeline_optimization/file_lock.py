"""A file that one process writes, and others keep away from."""

from __future__ import annotations

from io import IOBase

__all__ = ["lock"]


def lock(file: IOBase) -> bool:
    """Keep other processes that ask here away from a file while it is open; return whether none of them has it.

    Where there are no locks, on Windows and on some file systems, nobody is kept away.
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
