"""Reads the metadata of every distribution on ``sys.path``. A broken distribution does not affect the others.

``importlib.metadata`` raises for any file that is not UTF-8, and for any entry point without ``=``. Here the rest of such a distribution is used, and
what cannot be read is reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from attrs import frozen

from pipeline_optimization.error_text import describe

if TYPE_CHECKING:
    from importlib.metadata import Distribution

__all__ = ["Declared", "Found", "Unreadable", "each_on"]

PREFIX = "anagram"
"""The names of all our groups of entry points begin with this."""


MISSING = "is missing, empty or cannot be opened"

MAX_PROBLEMS = 3
"""In a file that is something else, every line is wrong. The first few problems tell enough."""


@frozen
class Declared:
    """An entry point, and the distribution that brings it. ``origin`` is the directory of the distribution."""

    name: str
    value: str
    group: str
    distribution: str
    version: str
    origin: str


@frozen
class Unreadable:
    """Metadata that cannot be read, at least in part: its place, the problem, and its distribution if that is known."""

    origin: str
    problem: str
    distribution: str = ""
    version: str = ""


class Found(NamedTuple):
    """A distribution, as far as it can be read. ``version`` is None if the metadata has none."""

    place: str
    name: str
    version: str | None
    entries: Sequence[Declared]
    problems: Sequence[str]


def each_on(paths: Sequence[str]) -> Iterator[Found | Unreadable]:
    """Yield the distributions on these paths in their order. Raises nothing: what cannot be read at all is yielded as Unreadable."""
    from importlib.metadata import distributions  # noqa: PLC0415 - it takes long, and is not needed if the cache knows

    found = iter(distributions(path=list(paths)))
    while True:
        try:
            distribution = next(found)
        except StopIteration:
            return
        except Exception as error:  # noqa: BLE001 - finders may come from anybody
            yield Unreadable("sys.meta_path", f"A finder of distributions raised {describe(error)}")
            return
        yield _read(distribution)


def _read(distribution: Distribution) -> Found:
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
            if not problem:  # otherwise the file's own problem is the reason
                problems.append(
                    f"entry_points.txt, line {number}: {line!r} is no NAME = VALUE{'' if group else ' of a group'}"
                )
        elif group.startswith(PREFIX):
            entries.append(Declared(key, value, group, name, version or "", origin))
    return Found(str(getattr(distribution, "_path", origin)), name, version, entries, problems[:MAX_PROBLEMS])


def _text(distribution: Distribution, *files: str) -> tuple[str, str]:
    """Return the text of the first file that has any, as far as it can be read, and what is wrong with it."""
    for file in files:
        try:
            text = distribution.read_text(file)
        except UnicodeDecodeError as error:
            return error.object.decode("utf-8", "replace"), f"is not UTF-8 (byte {error.start + 1})"
        except Exception as error:  # noqa: BLE001 - errors of a file system, or of somebody's finder
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
