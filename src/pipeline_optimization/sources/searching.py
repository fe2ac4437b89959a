"""Finds files by a glob or in a directory. Each file is found once, and no file is left out silently.

The standard library's ``glob`` leaves out directories that it may not read, and follows a link to a parent directory until names get too long. Here a
directory that cannot be read is an InputError, and ``**`` enters each directory once.
"""

from __future__ import annotations

import errno
import glob
import os
import re
from fnmatch import translate
from operator import attrgetter
from typing import TYPE_CHECKING

from pipeline_optimization.sources.failure import unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["is_directory", "is_missing", "match_glob", "walk"]

RECURSIVE = "**"


def match_glob(pattern: str) -> list[str]:
    """Return the sorted paths that a glob matches, including directories. ``**`` matches any number of directories.

    Hidden names match only if the pattern has the dot, as in a shell. Raises InputError if a directory cannot be read.
    """
    root = os.sep if pattern.startswith(os.sep) else ""
    parts = [part for part in pattern.split(os.sep) if part]
    return sorted(dict.fromkeys(_matches(root, parts)))


def walk(top: str) -> Iterator[tuple[str, Sequence[os.DirEntry[str]]]]:
    """Yield each directory below ``top``, and first ``top``, with its entries. Directories behind links come last, and no directory comes twice.

    Hidden directories are not entered. Raises InputError if a directory cannot be read.
    """
    entered: set[tuple[int, int]] = set()
    real, linked = [top], list[str]()
    while real or linked:
        directory = real.pop() if real else linked.pop()
        facts = _stat(directory or os.curdir)
        if facts is None or (facts.st_dev, facts.st_ino) in entered:
            continue
        entered.add((facts.st_dev, facts.st_ino))
        entries = sorted(_entries(directory), key=attrgetter("name"))
        yield directory, entries
        below = [entry for entry in reversed(entries) if not entry.name.startswith(".") and is_directory(entry)]
        real += [os.path.join(directory, entry.name) for entry in below if not entry.is_symlink()]
        linked += [os.path.join(directory, entry.name) for entry in below if entry.is_symlink()]


def is_directory(entry: os.DirEntry[str]) -> bool:
    """Return whether an entry is a directory or a link to one. Raises InputError if that cannot be known."""
    try:
        return entry.is_dir()
    except OSError as error:
        if is_missing(error):
            return False
        raise unreadable(entry.path, error) from error


def _matches(base: str, parts: Sequence[str]) -> Iterator[str]:
    if not parts:
        if base and _stat(base, follows=False) is not None:
            yield base
        return
    part, rest = parts[0], parts[1:]
    if part == RECURSIVE:
        for directory, entries in walk(base):
            if rest:
                yield from _matches(directory, rest)
            else:
                yield from (os.path.join(directory, entry.name) for entry in entries if not entry.name.startswith("."))
    elif glob.has_magic(part):
        yield from _matches_in(base, part, rest)
    else:
        path = os.path.join(base, part)
        if not rest or _stat(path) is not None:
            yield from _matches(path, rest)


def _matches_in(base: str, part: str, rest: Sequence[str]) -> Iterator[str]:
    """Yield what matches below a directory, if ``part`` is no fixed name. Nothing is asked about single files, because there may be many."""
    is_match, hidden = re.compile(translate(part)).match, () if part.startswith(".") else (".",)
    entries = [entry for entry in _entries(base) if is_match(name := entry.name) and not name.startswith(hidden)]
    prefix = os.path.join(base, "")
    if not rest:
        yield from [prefix + entry.name for entry in entries]
        return
    for entry in filter(is_directory, entries):
        yield from _matches(prefix + entry.name, rest)


def _entries(directory: str) -> Sequence[os.DirEntry[str]]:
    """Return the entries of a directory, or none if it was removed or is no directory."""
    try:
        with os.scandir(directory or os.curdir) as entries:
            return list(entries)
    except OSError as error:
        if is_missing(error):
            return ()
        raise unreadable(directory, error) from error


def _stat(path: str, *, follows: bool = True) -> os.stat_result | None:
    try:
        return os.stat(path, follow_symlinks=follows)
    except OSError as error:
        if is_missing(error):
            return None
        raise unreadable(path, error) from error


def is_missing(error: OSError) -> bool:
    """Return whether an error says that nothing is at a path, except perhaps a link to nothing."""
    return isinstance(error, FileNotFoundError | NotADirectoryError) or error.errno == errno.ELOOP  # a link to itself
