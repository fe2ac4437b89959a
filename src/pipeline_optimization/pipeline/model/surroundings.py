"""What functions have done to their process, undone after each attempt: others shall not pay for it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

__all__ = ["restoring", "working_directory"]


def working_directory() -> str:
    """Return the working directory, nothing where it is gone."""
    try:
        return os.getcwd()
    except OSError:
        return ""


@contextmanager
def restoring(directory: str) -> Iterator[None]:
    """Afterwards, have the working directory be this one again, and the standard streams be open."""
    try:
        yield
    finally:
        if directory and working_directory() != directory:
            with suppress(OSError):  # it is gone
                os.chdir(directory)
        for number, name in ((1, "stdout"), (2, "stderr")):
            if getattr(getattr(sys, name), "closed", False):
                _open_again(number, name)


def _open_again(number: int, name: str) -> None:
    """Open a standard stream that was closed, with its descriptor: what is printed goes to standard error, or nowhere."""
    try:
        source = os.dup(2)
    except OSError:
        source = os.open(os.devnull, os.O_WRONLY)
    if source != number:  # which is the lowest that is free, and may be the one that was closed
        os.dup2(source, number)
        os.close(source)
    stream = open(number, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115 - it stays open
    setattr(sys, name, stream)
