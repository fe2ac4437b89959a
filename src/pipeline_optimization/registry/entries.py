"""The plugins that there are, known from metadata alone: nothing is imported here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import Distribution, EntryPoint, entry_points
from pathlib import Path

from attrs import field, frozen

from pipeline_optimization.errors import UsageError
from pipeline_optimization.file_module import FileModule, import_file

__all__ = [
    "CORE",
    "GROUP",
    "KERNEL_GROUP",
    "OBSERVER_GROUP",
    "PluginEntry",
    "file_entries",
    "installed_entries",
    "name_key",
]

CORE = "pipeline-optimization"
GROUP = "anagram"
OBSERVER_GROUP = "anagram_observer"
KERNEL_GROUP = "anagram_kernel"
GROUPS = (GROUP, OBSERVER_GROUP, KERNEL_GROUP)
"""Entry points of the first are imported when something of theirs is named, of the second in every run, of the third
when a run looks for a kernel."""


@frozen(kw_only=True)
class PluginEntry:
    """One plugin before it is imported: who brings it, and when it must be."""

    name: str
    distribution: str
    version: str
    origin: str
    module: str
    groups: frozenset[str]
    load: Callable[[], object] = field(repr=False, eq=False)
    path: Path | None = None

    @property
    def provider(self) -> str:
        """Return who brings it, as errors say it: distribution and version, or a file."""
        return f"{self.distribution} {self.version}" if self.path is None else self.origin

    @property
    def is_core(self) -> bool:
        return self.distribution == CORE

    @property
    def aliases(self) -> frozenset[str]:
        """Return every name that the plugin goes by, as ``name_key`` makes them comparable."""
        names = {self.name, self.module}
        names |= {str(self.path), self.path.name} if self.path else {self.distribution, _short(self.distribution)}
        return frozenset(name_key(name) for name in names)

    def file_module(self) -> FileModule | None:
        """Return what workers need of a plugin that is a single file."""
        return None if self.path is None else FileModule.of(self.path)


def name_key(name: str) -> str:
    """Return a name in the form in which two spellings of it are equal: case, ``-``, ``_`` and ``.`` do not count."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _short(distribution: str) -> str:
    return name_key(distribution).removeprefix("anagram-plugin-")


def installed_entries() -> Sequence[PluginEntry]:
    """Return the installed plugins, sorted by distribution and name, the core first.

    The core comes first, so that nobody can take a built-in name from it. A distribution that stands twice on
    ``sys.path`` (say, installed and editable) counts once, the first on the path.
    """
    found: dict[tuple[str, str], tuple[EntryPoint, set[str]]] = {}
    everything = entry_points()  # once, as it reads a file of every distribution
    facts: dict[Distribution | None, tuple[str, str]] = {None: ("(unknown distribution)", "?")}
    for group in GROUPS:
        for entry in everything.select(group=group):
            if (brought_by := entry.dist) is not None and brought_by not in facts:
                metadata = brought_by.metadata  # parsed anew whenever it is asked for
                facts[brought_by] = (metadata["Name"], metadata["Version"])
            found.setdefault((facts[brought_by][0], entry.name), (entry, set()))[1].add(group)
    ordered = sorted(found, key=lambda key: (key[0] != CORE, key))
    return [_installed(entry, groups, *facts[entry.dist]) for entry, groups in map(found.__getitem__, ordered)]


def _installed(entry: EntryPoint, groups: Iterable[str], distribution: str, version: str) -> PluginEntry:
    return PluginEntry(
        name=entry.name,
        distribution=distribution,
        version=version,
        origin=str(entry.dist.locate_file("")) if entry.dist is not None else "?",
        module=entry.value,
        groups=frozenset(groups),
        load=entry.load,
    )


def file_entries(directory: str) -> Sequence[PluginEntry]:
    """Return a directory's Python files as plugins, sorted, but not those whose name begins with an underscore.

    They have no metadata, and whoever named the directory wants them: they stand in every group. Raises UsageError
    where there is no such directory.
    """
    folder = Path(directory)
    if not folder.is_dir():
        raise UsageError(f"There is no directory {directory!r} for plugins. Name one that exists: --plugins-dir DIR.")
    return [_file(path.resolve()) for path in sorted(folder.glob("*.py")) if not path.name.startswith("_")]


def _file(path: Path) -> PluginEntry:
    return PluginEntry(
        name=path.stem,
        distribution="(file)",
        version="-",
        origin=str(path),
        module=path.stem,
        groups=frozenset(GROUPS),
        load=lambda: import_file(path),
        path=path,
    )
