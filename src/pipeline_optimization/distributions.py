"""Reads the metadata of every distribution on ``sys.path``, so that a broken one disturbs nobody.

``importlib.metadata`` raises for a file that is not UTF-8 and for an entry point without ``=``, whosever it is. Here the rest of
such a distribution is used, and what cannot be read is told.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from attrs import frozen

from pipeline_optimization.error_text import describe

if TYPE_CHECKING:
    from importlib.metadata import Distribution

__all__ = ["Declared", "Installed", "Unreadable", "name_key", "paths", "read_installed"]

PREFIX = "anagram"
"""With this begin the names of all groups of entry points that are ours."""


MISSING = "is missing, empty or cannot be opened"

MAX_PROBLEMS = 3
"""Of a file that is something else each line is wrong; the first few tell enough."""


@frozen
class Declared:
    """An entry point, and the distribution that brings it, which lies in the directory ``origin``."""

    name: str
    value: str
    group: str
    distribution: str
    version: str
    origin: str


@frozen
class Unreadable:
    """Metadata that cannot be read, or not all of it: its place, what is wrong, and whose it is if that is known."""

    origin: str
    problem: str
    distribution: str = ""
    version: str = ""


@frozen
class Installed:
    """What is on ``sys.path``: our entry points in its order, and the version of each distribution by ``name_key``.

    ``unreadable`` is the metadata that is broken, of whatever distribution.
    """

    entries: Sequence[Declared]
    versions: Mapping[str, str]
    unreadable: Sequence[Unreadable] = ()


def name_key(name: str) -> str:
    """Return a name in the form in which two spellings of it are equal: case, ``-``, ``_`` and ``.`` do not count."""
    return re.sub(r"[-_.]+", "-", name).lower()


def paths() -> list[str]:
    """Return the paths on ``sys.path``; Python's import ignores what else stands there."""
    entries: list[object] = [*sys.path]
    return [path for path in entries if isinstance(path, str) and "\0" not in path]


def read_installed() -> Installed:
    """Return what is installed now. Of two distributions of one name, say installed and editable, the first counts."""
    entries: list[Declared] = []
    versions: dict[str, str] = {}
    unreadable: list[Unreadable] = []
    for found in _each():
        if isinstance(found, Unreadable):
            unreadable.append(found)
            continue
        if name_key(found.name) in versions:
            continue
        if found.name and found.version is not None:
            versions[name_key(found.name)] = found.version
            entries += found.entries
        if found.problems:
            unreadable.append(Unreadable(found.place, "; ".join(found.problems), found.name, found.version or ""))
    return Installed(entries, versions, sorted(unreadable, key=lambda one: one.origin))


class _Found(NamedTuple):
    """A distribution as far as it can be read; ``version`` is None where the metadata does not have one."""

    place: str
    name: str
    version: str | None
    entries: Sequence[Declared]
    problems: Sequence[str]


def _each() -> Iterator[_Found | Unreadable]:
    from importlib.metadata import distributions  # noqa: PLC0415 - it takes long, and is not needed where the cache knows

    found = iter(distributions(path=paths()))
    while True:
        try:
            distribution = next(found)
        except StopIteration:
            return
        except Exception as error:  # noqa: BLE001 - the finders are anybody's
            yield Unreadable("sys.meta_path", f"A finder of distributions raised {describe(error)}")
            return
        yield _read(distribution)


def _read(distribution: Distribution) -> _Found:
    from email import message_from_string  # noqa: PLC0415 - as above

    problems = []
    text, problem = _text(distribution, "METADATA", "PKG-INFO", "")
    headers = message_from_string(text)
    name, version = headers["Name"] or "", headers["Version"]
    missing = "" if not text else "no Name" if not name else "no Version" if version is None else ""
    if problem or missing:
        problems.append(f"METADATA {' and '.join(filter(None, (problem, missing and f'has {missing}')))}")
    origin = str(distribution.locate_file(""))
    declared, problem = _text(distribution, "entry_points.txt")
    if problem and problem != MISSING:
        problems.append(f"entry_points.txt {problem}")
    entries = []
    for number, group, line in _lines(declared):
        key, equals, value = (part.strip() for part in line.partition("="))
        if not (key and equals and group):
            if not problem:  # else it is that
                problems.append(
                    f"entry_points.txt, line {number}: {line!r} is no NAME = VALUE{'' if group else ' of a group'}"
                )
        elif group.startswith(PREFIX):
            entries.append(Declared(key, value, group, name, version or "", origin))
    return _Found(str(getattr(distribution, "_path", origin)), name, version, entries, problems[:MAX_PROBLEMS])


def _text(distribution: Distribution, *files: str) -> tuple[str, str]:
    """Return the text of the first of the files that has any, as far as it can be read, and what is wrong with it."""
    for file in files:
        try:
            text = distribution.read_text(file)
        except UnicodeDecodeError as error:
            return error.object.decode("utf-8", "replace"), f"is not UTF-8 (byte {error.start + 1})"
        except Exception as error:  # noqa: BLE001 - a file system's errors, or those of somebody's finder
            return "", f"cannot be read: {describe(error)}"
        if text:
            return text, ""
    return "", MISSING


def _lines(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield each line of ``entry_points.txt`` that should be an entry point, with its number and its group."""
    group = ""
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1].strip()
        elif line and not line.startswith("#"):
            yield number, group, line
