"""How much of a task's results is remembered across runs, and where."""

from __future__ import annotations

import os
from typing import Final

from attrs import frozen

from pipeline_optimization.errors import OptionError
from pipeline_optimization.sizes import SIZE_HELP, parse_size

__all__ = ["Cache", "OwnCache", "cache_of"]

LEAST: Final = 1 << 16
"""Bytes that a cache needs at least, as its file has pages."""

OwnCache = str | tuple[str | os.PathLike[str], str]
"""A size, such as "100MB", or a file and a size."""


@frozen
class Cache:
    """A file of at most about ``size`` bytes. Without a ``path`` it is one of the task's own in the user's cache directory."""

    size: int
    path: str = ""


def cache_of(given: OwnCache) -> Cache:
    """Return the cache that a task was given. Raises OptionError where that is none."""
    match given:
        case str(size):
            path: str | os.PathLike[str] = ""
        case (str() | os.PathLike() as path, str(size)):
            pass
        case _:
            raise _refused(f"not {given!r}")
    try:
        number = parse_size(size)
    except ValueError as error:
        raise _refused(f"and {error}") from error
    if number < LEAST:
        raise _refused(f"and a cache needs 64KiB at least, not {size!r}")
    return Cache(number, os.fspath(path))


def _refused(why: str) -> OptionError:
    return OptionError(
        f"cache= takes a size, {SIZE_HELP}, or a pair of a file and a size, such as ('names.cache', '100MB'), {why}."
    )
