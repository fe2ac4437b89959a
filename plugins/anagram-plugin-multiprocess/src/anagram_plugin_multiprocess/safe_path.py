"""Processes that find modules where this one does, whatever lies in the directory where they are started."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["forget_safe_path", "safe_path"]

NAME = "PYTHONSAFEPATH"
OURS = "anagram"
"""Any value does what the variable is for; this one tells that it is ours."""


@contextmanager
def safe_path() -> Iterator[None]:
    """Have Python processes that start here not look for modules in the working directory.

    multiprocessing starts them as ``python -c``, which looks there first: a user's ``random.py`` would take the place of
    the standard library's before a worker knows its parent's ``sys.path``.
    """
    if NAME in os.environ:
        yield
        return
    os.environ[NAME] = OURS
    try:
        yield
    finally:
        del os.environ[NAME]


def forget_safe_path() -> None:
    """Let the programs that a worker starts have the environment that they would have in the parent."""
    if os.environ.get(NAME) == OURS:
        del os.environ[NAME]
