"""The project's installed entry points, the versions of all distributions, and which code a component is of.

Metadata are read anew only if they have changed.

Importing ``importlib.metadata`` and reading a file of every distribution takes a fifth of a small run. What was read is kept in the cache, with a
digest of the names, times and sizes of all metadata on ``sys.path``.
"""

from __future__ import annotations

import json
import os
import re
import stat
import sys
import time
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from types import ModuleType

from attrs import asdict, frozen

from pipeline_optimization.disk_cache import cache_directory, read_sealed, store_sealed
from pipeline_optimization.distributions import Declared, Unreadable, each_on
from pipeline_optimization.file_module import DIGEST

__all__ = [
    "CORE",
    "Declared",
    "Installed",
    "Unreadable",
    "look_up",
    "name_key",
    "origin_of",
    "read_installed",
    "version_of",
    "versions",
]

CORE = "pipeline_optimization."
"""The names of the core's modules begin with this."""

METADATA = (".dist-info", ".egg-info")
FILES = ("METADATA", "PKG-INFO", "entry_points.txt")

SETTLED_NS = 2_000_000_000
"""Metadata that changed less than this many nanoseconds ago are not kept. They may change again within what a file system counts as the same time."""


@frozen
class Installed:
    """The distributions on ``sys.path``.

    Attributes:
        entries: Our entry points, in the order of ``sys.path``.
        versions: The version of each distribution, by ``name_key``.
        unreadable: The broken metadata of any distribution.
    """

    entries: Sequence[Declared]
    versions: Mapping[str, str]
    unreadable: Sequence[Unreadable] = ()


def name_key(name: str) -> str:
    """Return a name in the form in which all spellings of it are equal. Case, ``-``, ``_`` and ``.`` make no difference."""
    return re.sub(r"[-_.]+", "-", name).lower()


def version_of(distribution: str) -> str:
    """Return an installed distribution's version. Raises importlib.metadata.PackageNotFoundError if it is not installed.

    The metadata are read anew only if a directory on ``sys.path`` has changed, as installing, upgrading and removing change it.
    """
    if found := versions().get(name_key(distribution)):
        return found
    from importlib.metadata import version  # noqa: PLC0415 - it takes long, and is not needed if the cache knows

    return version(distribution)


def versions() -> Mapping[str, str]:
    """Return the versions of installed distributions by name. The metadata are read anew only as in ``version_of``."""
    last = _last
    if last is None or not _only_paths_count() or last[0] != _places():
        return look_up().versions
    return last[1].versions


def look_up() -> Installed:
    """Return what is installed now."""
    global _last  # noqa: PLW0603 - one process sees one sys.path
    if not _only_paths_count():
        return read_installed()
    places = _places()
    found = _kept_or_read()
    _last = (places, found)
    return found


def read_installed() -> Installed:
    """Read all metadata, without the cache. If two distributions have one name, such as an installed and an editable one, the first counts."""
    entries: list[Declared] = []
    versions: dict[str, str] = {}
    unreadable: list[Unreadable] = []
    for found in each_on(_paths()):
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


_Places = Sequence[tuple[str, object]]

_last: tuple[_Places, Installed] | None = None
"""The result of the last search in this process, and the places that were searched."""


def _paths() -> list[str]:
    """Return the paths on ``sys.path``. Anything else in it is left out, as Python's import does."""
    entries: list[object] = [*sys.path]
    return [path for path in entries if isinstance(path, str) and "\0" not in path]


def _places() -> _Places:
    """Return the directories on ``sys.path``, each with a value that changes whenever a distribution is put there or removed."""
    settled = time.time_ns() - SETTLED_NS
    places: list[tuple[str, object]] = []
    for directory in (path or os.curdir for path in _paths()):
        try:
            status = os.stat(directory)
            if status.st_mtime_ns < settled:
                stamp: object = (status.st_mtime_ns, status.st_ino)
            else:
                # Most directories that changed just now are not for distributions: a script's own, or one to which somebody writes.
                stamp = object() if _metadata_in(directory) else "has none"
        except OSError:
            continue
        places.append((os.path.abspath(directory), stamp))
    return places


def _metadata_in(directory: str) -> list[str]:
    """Return the names of metadata. Raises OSError if the directory cannot be read."""
    try:
        return sorted(name for name in os.listdir(directory) if name.lower().endswith(METADATA))
    except NotADirectoryError:
        return [""]  # it is an archive, which may have metadata in it


def _kept_or_read() -> Installed:
    directories, digest, newest = _look()
    path = cache_directory() / f"installed-{_digest(directories)[:16]}.json"
    if (kept := read_sealed(path)) is not None and (known := _decode(kept, digest)) is not None:
        return known
    found = read_installed()
    if newest < time.time_ns() - SETTLED_NS:
        store_sealed(path, json.dumps({"digest": digest, **asdict(found)}).encode())
    return found


def _only_paths_count() -> bool:
    """Return whether distributions are found on ``sys.path`` only, and by no finder that somebody added to Python's import."""
    return all(
        not hasattr(finder, "find_distributions") or getattr(finder, "__module__", "") == "_frozen_importlib_external"
        for finder in sys.meta_path
    )


def _look() -> tuple[list[str], str, int]:
    """Return the directories that have metadata, a digest of its names, times and sizes, and the newest time in nanoseconds."""
    directories: list[str] = []
    seen: list[object] = []
    newest = 0
    for directory in (path or os.curdir for path in _paths()):
        try:
            names = _metadata_in(directory)
        except OSError:
            continue
        if names:
            directories.append(os.path.abspath(directory))
        for name in names:
            of_distribution = os.path.join(directory, name) if name else directory
            for path in (of_distribution, *(os.path.join(of_distribution, file) for file in FILES)):
                try:
                    status = os.stat(path)
                except OSError:
                    continue
                newest = max(newest, status.st_mtime_ns)
                # A directory in an overlay has another number and size than the one below it.
                own = () if stat.S_ISDIR(status.st_mode) else (status.st_size, status.st_ino)
                seen.append((path, status.st_mtime_ns, *own))
    return directories, _digest(seen), newest


def _digest(facts: object) -> str:
    return sha256(repr(facts).encode("utf-8", "surrogatepass")).hexdigest()


def _decode(content: bytes, digest: str) -> Installed | None:
    """Return what was kept, or None if something has changed since."""
    try:
        kept = json.loads(content)
        if kept["digest"] != digest:
            return None
        entries = [Declared(**entry) for entry in kept["entries"]]
        return Installed(entries, kept["versions"], [Unreadable(**one) for one in kept["unreadable"]])
    except (ValueError, KeyError, TypeError):  # another version of the project wrote it
        return None


def origin_of(component: object) -> str:
    """Return where a component's class or function is defined, with a digest of that module's text.

    So plugins that share a name have different origins, and so do two versions of one plugin's code. The core's modules have no digest, because they
    change with its version.
    """
    definition = component if hasattr(component, "__qualname__") else type(component)
    module = str(getattr(definition, "__module__", ""))
    digest = "" if module.startswith(CORE) else _source_digest(sys.modules.get(module))
    return f"{module}.{getattr(definition, '__qualname__', '')} {digest}".strip()


def _source_digest(module: ModuleType | None) -> str:
    known = getattr(module, DIGEST, None)
    if isinstance(known, str):
        return known[:16]
    try:
        return sha256(Path(str(getattr(module, "__file__", ""))).read_bytes()).hexdigest()[:16]
    except (OSError, ValueError):
        return ""  # for example, it is in an archive
