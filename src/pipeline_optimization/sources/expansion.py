"""From what the user typed to sources: paths, globs, ``-`` for standard input, URLs."""

from __future__ import annotations

import glob
import os
import stat
import sys
from typing import TYPE_CHECKING

from pipeline_optimization.errors import InputError
from pipeline_optimization.sources.compression import compression_of
from pipeline_optimization.sources.failure import unreadable
from pipeline_optimization.sources.file import FileSource
from pipeline_optimization.sources.file_state import settled_path, state_of
from pipeline_optimization.sources.source import StreamSource
from pipeline_optimization.sources.url import UrlSource, is_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_optimization.sources.source import Source

__all__ = ["expand_inputs"]

STANDARD_INPUT = "-"

READABLE = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH


def expand_inputs(inputs: Sequence[str]) -> list[Source]:
    """Return the sources that ``inputs`` name, in that order; one that is named twice is read twice.

    Each input is a URL (``scheme://``), ``-`` for standard input, a path, or, if no such path exists, a glob, whose
    files come sorted; ``**`` matches any number of directories.

    Raises InputError, before anything is read, for what is missing, unreadable, or a directory, for a glob that matches
    no file, and for a second ``-``; MissingDependencyError if reading one takes a package that is not installed.
    """
    if list(inputs).count(STANDARD_INPUT) > 1:
        msg = "Standard input ('-') is named twice, but can be read only once; name it once, or save it to a file"
        raise InputError(msg, source=STANDARD_INPUT)
    return [source for text in inputs for source in _expand(text)]


def _expand(text: str) -> Sequence[Source]:
    if text == STANDARD_INPUT:
        return [_standard_input()]
    if not text:
        msg = "An input is the empty string; name a path, a glob, '-' for standard input, or a URL with ://"
        raise InputError(msg, source=text)
    if is_url(text):
        url = UrlSource(text)
        url.check()
        return [url]
    is_glob = not os.path.lexists(text) and glob.has_magic(text)
    files = _glob(text) if is_glob else [FileSource(text)]
    for file in files:
        file.check()
    return files


def _glob(pattern: str) -> list[FileSource]:
    try:
        matches = glob.glob(pattern, recursive=True)
    except ValueError as error:  # a NUL character in the pattern
        raise unreadable(pattern, error) from error
    files = [file for file in map(_found, sorted(matches)) if file is not None]
    if not files:
        found = "only directories" if matches else "no file"
        msg = f"The glob {pattern!r} matches {found}; check it ('**' matches any number of directories)"
        raise InputError(msg, source=pattern)
    return files


def _found(path: str) -> FileSource | None:
    """Return the file at a path, None where there is a directory."""
    try:
        facts = settled_path(path)
    except OSError:  # a link to nowhere, which reading will tell
        return FileSource(path)
    if stat.S_ISDIR(facts.st_mode):
        return None
    is_readable = stat.S_ISREG(facts.st_mode) and facts.st_mode & READABLE == READABLE
    is_plain = is_readable and compression_of(path) is None
    return FileSource(path, facts.st_size, state_of(facts)) if is_plain else FileSource(path)


def _standard_input() -> StreamSource:
    stream = getattr(sys.stdin, "buffer", None)  # sys.stdin is None without a console, and may be replaced by anything
    if stream is None:
        msg = "Standard input ('-') is closed or has no bytes to read; name a file instead"
        raise InputError(msg, source=STANDARD_INPUT)
    return StreamSource(stream, STANDARD_INPUT)
