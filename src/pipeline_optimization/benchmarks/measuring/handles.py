"""Raises the limit of open handles. Each thread that waits for a call of a task has a connection, here and in its own process."""

from __future__ import annotations

from contextlib import suppress
from functools import cache

__all__ = ["allow_handles"]

MOST = 1 << 16


@cache
def allow_handles() -> None:
    """Let this process, and those that it starts, open as many files as the system allows without more rights."""
    try:
        import resource  # noqa: PLC0415 - not every system has it
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
