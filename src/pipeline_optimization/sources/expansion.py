"""Finds sources by what the user typed: paths, directories, globs, ``-`` for standard input, URLs."""

from __future__ import annotations

import glob
import os
import stat
import sys
from collections import Counter
from typing import TYPE_CHECKING

from attrs import define, field

from pipeline_optimization.errors import InputError
from pipeline_optimization.plural import counted
from pipeline_optimization.sources.compression import HEAD_BYTES, compression_in
from pipeline_optimization.sources.encoding import BINARY, encoding_in, looks_like
from pipeline_optimization.sources.failure import unreadable
from pipeline_optimization.sources.file import FileSource
from pipeline_optimization.sources.file_state import settled_path
from pipeline_optimization.sources.searching import is_directory, is_missing, match_glob, walk
from pipeline_optimization.sources.source import StreamSource
from pipeline_optimization.sources.url_scheme import is_url

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline_optimization.sources.source import Source

__all__ = ["expand_inputs"]

STANDARD_INPUT = "-"

HIDDEN, BINARY_FILE, SPECIAL = "hidden entry", "binary file", "pipe or device"
OWN, DANGLING, OTHER_NAME = "file of this run", "link to nothing", "other name of the same file"
LEFT_OUT = {
    BINARY_FILE: "binary files",
    OWN: "files of this run",
    HIDDEN: "hidden entries",
    DANGLING: "links to nothing",
    OTHER_NAME: "other names of the same files",
    SPECIAL: "pipes or devices",
}
"""The kinds of files that a search leaves out, in the order of messages, with the plurals."""

LOOK = 4096
"""Bytes of a directory's file that decide whether it is text."""


def _silent(note: str) -> None: ...


def expand_inputs(
    inputs: Sequence[str], *, without: Sequence[str] = (), note: Callable[[str], None] = _silent
) -> list[Source]:
    """Return the sources that ``inputs`` name, in that order. A source that is named twice is read twice.

    Each input is a URL (``scheme://``), ``-`` for standard input, or a path. If no such path exists, it is a glob, in which ``**`` matches any number
    of directories. The files of a glob are sorted, each once. A directory stands for the text files below it. Hidden and binary files are left out
    there, and ``note`` is told. Directories and globs also leave out pipes and devices, because reading one may never end; such an input must be
    named.

    Args:
        inputs: What the user typed.
        without: Files of the run itself, such as its checkpoint, which globs and directories leave out.
        note: Called with messages for the user.

    Raises:
        InputError: Before anything is read, if something is missing or cannot be read, also a directory during a search, if a glob or a directory has
            no file, and for a second ``-``.
        MissingDependencyError: If a package that is needed to read an input is not installed.
    """
    if list(inputs).count(STANDARD_INPUT) > 1:
        msg = "Standard input ('-') is named twice, but can be read only once; name it once, or save it to a file"
        raise InputError(msg, source=STANDARD_INPUT)
    own = {identity for path in without if (identity := _identity_of(path)) is not None}
    return [source for text in inputs for source in _expand(text, own, note)]


def _identity_of(path: str) -> tuple[int, int] | None:
    try:
        facts = os.stat(path)
    except (OSError, ValueError):  # it does not exist, so no search can find it
        return None
    return facts.st_dev, facts.st_ino


def _expand(text: str, own: set[tuple[int, int]], note: Callable[[str], None]) -> Sequence[Source]:
    if text == STANDARD_INPUT:
        return [_standard_input()]
    if not text:
        msg = "An input is the empty string; name a path, a glob, '-' for standard input, or a URL with ://"
        raise InputError(msg, source=text)
    if is_url(text):
        from pipeline_optimization.sources.url import UrlSource  # noqa: PLC0415 - hardly any run reads URLs

        url = UrlSource(text)
        url.check()
        return [url]
    try:
        facts = settled_path(text)
    except (OSError, ValueError):  # as below: a glob, or something missing, of which reading will tell why
        is_glob = glob.has_magic(text) and not os.path.lexists(text)
        files = _glob(text, own, note) if is_glob else [FileSource(text)]
    else:
        is_directory = stat.S_ISDIR(facts.st_mode)
        files = _directory(text, own, note) if is_directory else [FileSource.of(text, facts)]
    for file in files:
        file.check()
    return files


def _glob(pattern: str, own: set[tuple[int, int]], note: Callable[[str], None]) -> list[FileSource]:
    try:
        matches = match_glob(pattern)
    except InputError:
        raise
    except ValueError as error:  # a NUL character in the pattern
        raise unreadable(pattern, error) from error
    search = _Search(own)
    for path in matches:
        search.add(path)
    if not search.files:
        rest = search.told(OWN, SPECIAL)
        found = f"no file to read, only {rest}" if rest else "only directories" if matches else "no file"
        remedy = (
            "; name it to read it"
            if search.left_out[SPECIAL]
            else "; check it ('**' matches any number of directories)"
        )
        raise InputError(f"The glob {pattern!r} matches {found}{remedy}", source=pattern)
    if rest := search.told(SPECIAL):
        note(f"The glob {pattern!r} also matches {rest}: left out. Name it to read it.")
    return search.files


def _directory(top: str, own: set[tuple[int, int]], note: Callable[[str], None]) -> list[FileSource]:
    search = _Search(own)
    paths: list[str] = []
    for directory, entries in walk(top):
        for entry in entries:
            if entry.name.startswith("."):
                search.left_out[HIDDEN] += 1
            elif not is_directory(entry):
                paths.append(os.path.join(directory, entry.name))
    for path in sorted(paths):
        search.add(path, is_text=_is_text)
    left_out = search.told(*LEFT_OUT)
    rest = f" Left out: {left_out}." if left_out else ""
    if not search.files:
        raise InputError(f"The directory {top!r} has no text file.{rest} Name files or a glob", source=top)
    note(f"Reading {counted(len(search.files), 'file')} below {top!r}.{rest}")
    return search.files


@define
class _Search:
    """Collects files, each once, without the run's own."""

    own: set[tuple[int, int]]
    files: list[FileSource] = field(factory=list)
    left_out: Counter[str] = field(factory=Counter)
    _seen: set[object] = field(factory=set)

    def told(self, *kinds: str) -> str:
        """Return, for people, how many of these kinds were left out."""
        return ", ".join(counted(self.left_out[kind], kind, LEFT_OUT[kind]) for kind in kinds if self.left_out[kind])

    def add(self, path: str, *, is_text: Callable[[str, os.stat_result], bool] | None = None) -> None:
        """Add the file at a path, unless it is a directory, a file of the run's own, or known already under another name.

        ``is_text`` is called only for files that can be read. Without it, binary files are added too.
        """
        try:
            facts = settled_path(path)
        except OSError as error:
            if is_text is not None and is_missing(error):
                self.left_out[DANGLING] += 1
            else:  # reading will tell why
                self.files.append(FileSource(path))
            return
        if stat.S_ISDIR(facts.st_mode):
            return
        identity = facts.st_dev, facts.st_ino
        # If a file with one name is found twice, the second find is a link. If it has several names, links must be followed.
        one = identity if facts.st_nlink == 1 else os.path.realpath(path)
        if identity in self.own:
            self.left_out[OWN] += 1
        elif not stat.S_ISREG(facts.st_mode):
            self.left_out[SPECIAL] += 1
        elif one in self._seen:
            self.left_out[OTHER_NAME] += 1
        elif is_text is not None and not is_text(path, facts):
            self.left_out[BINARY_FILE] += 1
        else:
            self._seen.add(one)
            self.files.append(FileSource.of(path, facts))


def _is_text(path: str, facts: os.stat_result) -> bool:
    """Return whether a file of a directory is text, which may be compressed. Raises InputError if it cannot be read."""
    try:
        with open(path, "rb", buffering=0) as file:
            head = file.read(LOOK)
    except OSError as error:
        raise unreadable(path, error) from error
    is_told = encoding_in(head) is not None or compression_in(head[:HEAD_BYTES]) is not None
    return is_told or looks_like(head, is_invalid=True) != BINARY


def _standard_input() -> StreamSource:
    stream = getattr(sys.stdin, "buffer", None)  # sys.stdin is None without a console, and a program may replace it
    if stream is None:
        msg = "Standard input ('-') is closed or has no bytes to read; name a file instead"
        raise InputError(msg, source=STANDARD_INPUT)
    return StreamSource(stream, STANDARD_INPUT)
