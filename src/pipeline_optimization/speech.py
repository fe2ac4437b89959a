"""What plugins print: collected with their name, where a program wants its standard output for itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["overheard", "speaking"]

_PARTS: ContextVar[list[str] | None] = ContextVar("parts", default=None)


@contextmanager
def speaking(plugin: str) -> Iterator[None]:
    """While this plugin's code runs, let ``overheard`` collect what it prints, and tell that on standard error then."""
    parts: list[str] = []
    token = _PARTS.set(parts)
    try:
        yield
    finally:
        _PARTS.reset(token)
        for line in "".join(parts).splitlines():
            sys.stderr.write(f"{plugin}: {line}\n")


def overheard(text: str) -> bool:
    """Take a text that somebody prints; return False if no plugin speaks in this thread."""
    parts = _PARTS.get()
    if parts is None:
        return False
    parts.append(text)
    return True
