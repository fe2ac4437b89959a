"""Lets processes find modules where this one does, whatever files are in the directory where they start."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["forget_safe_path", "safe_path"]

NAME = "PYTHONSAFEPATH"
OURS = "anagram"
"""Any value has the effect of the variable. This one shows that we have set it."""


@contextmanager
def safe_path() -> Iterator[None]:
    """Keep Python processes that start meanwhile from looking for modules in the working directory.

    multiprocessing starts them as ``python -c``, which looks there first. A user's ``random.py`` would be imported in place of the
    standard library's, before a worker knows its parent's ``sys.path``.
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
    """Undo it in a worker, so that programs which a task starts have the parent's environment."""
    if os.environ.get(NAME) == OURS:
        del os.environ[NAME]
