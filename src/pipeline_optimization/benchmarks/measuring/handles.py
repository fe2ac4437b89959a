"""Raises the limit of open handles. Each thread that waits for a call of a task has a connection, here and in its own process."""

from __future__ import annotations

from contextlib import suppress
from functools import cache

__all__ = ["allow_handles", "most_connections"]

MOST = 1 << 16
RESERVE = 200
"""Handles that the harness needs itself, to look at processes and to end them."""


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


def most_connections() -> int:
    """Return how many connections this process may have. The rest of its handles is kept for its own work."""
    try:
        import resource  # noqa: PLC0415 - as above
    except ImportError:
        return MOST
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else max(soft - RESERVE, soft // 2)
