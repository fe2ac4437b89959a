"""The size and the place of the cache in which a task's results are remembered across runs."""

from __future__ import annotations

import os
from typing import Final

from attrs import frozen

from pipeline_optimization.errors import OptionError
from pipeline_optimization.sizes import SIZE_HELP, parse_size

__all__ = ["Cache", "OwnCache", "cache_of"]

LEAST: Final = 1 << 16
"""The least size of a cache in bytes, because its file has pages."""

OwnCache = str | tuple[str | os.PathLike[str], str]
"""A size, such as "100MB", or a file and a size."""


@frozen
class Cache:
    """A file of at most about ``size`` bytes. If ``path`` is empty, it is a file of the task's own in the user's cache directory."""

    size: int
    path: str = ""


def cache_of(given: OwnCache) -> Cache:
    """Return the cache that ``cache=`` describes. Raises OptionError if it describes none."""
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
