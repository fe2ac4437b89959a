"""Undoing after each attempt what functions have done to their process, because later attempts would suffer from it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

__all__ = ["restoring", "working_directory"]


def working_directory() -> str:
    """Return the working directory, or an empty text if it was removed."""
    try:
        return os.getcwd()
    except OSError:
        return ""


@contextmanager
def restoring(directory: str) -> Iterator[None]:
    """When the context ends, change back into this directory, and open the standard streams again if they were closed."""
    try:
        yield
    finally:
        if directory and working_directory() != directory:
            with suppress(OSError):  # the directory was removed
                os.chdir(directory)
        for number, name in ((1, "stdout"), (2, "stderr")):
            if getattr(getattr(sys, name), "closed", False):
                _open_again(number, name)


def _open_again(number: int, name: str) -> None:
    """Open a standard stream that was closed, with its descriptor. It writes to standard error, or nowhere if that is closed too."""
    try:
        source = os.dup(2)
    except OSError:
        source = os.open(os.devnull, os.O_WRONLY)
    if source != number:  # dup() takes the lowest free descriptor, which may be the one that was closed
        os.dup2(source, number)
        os.close(source)
    stream = open(number, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115 - it stays open
    setattr(sys, name, stream)
