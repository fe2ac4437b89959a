"""The plugins that there are, known from metadata alone: nothing is imported here."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial, reduce
from importlib import import_module
from pathlib import Path

from attrs import field, frozen

from pipeline_optimization.errors import UsageError
from pipeline_optimization.file_module import FileModule, import_file
from pipeline_optimization.installed import Declared, look_up, name_key
from pipeline_optimization.registry.records import PluginRecord

__all__ = [
    "CORE",
    "GROUP",
    "KERNEL_GROUP",
    "OBSERVER_GROUP",
    "PluginEntry",
    "file_entries",
    "installed_entries",
    "short_name",
    "unreadable_metadata",
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
        names |= {str(self.path), self.path.name} if self.path else {self.distribution, short_name(self.distribution)}
        return frozenset(name_key(name) for name in names)

    def file_module(self) -> FileModule | None:
        """Return what workers need of a plugin that is a single file."""
        return None if self.path is None else FileModule.of(self.path)


def short_name(distribution: str) -> str:
    """Return a distribution's name without what all plugins' names begin with, as ``name_key`` makes it comparable."""
    return name_key(distribution).removeprefix("anagram-plugin-")


def installed_entries() -> Sequence[PluginEntry]:
    """Return the installed plugins, sorted by distribution and name, the core first.

    The core comes first, so that nobody can take a built-in name from it.
    """
    found: dict[tuple[str, str], tuple[Declared, set[str]]] = {}
    for entry in look_up().entries:
        if entry.group in GROUPS:
            found.setdefault((entry.distribution, entry.name), (entry, set()))[1].add(entry.group)
    ordered = sorted(found, key=lambda key: (key[0] != CORE, key))
    return [_installed(entry, groups) for entry, groups in map(found.__getitem__, ordered)]


def unreadable_metadata() -> Sequence[PluginRecord]:
    """Return a record for each distribution whose metadata is broken, so that its plugins may be missing."""
    return [
        PluginRecord(
            name=one.distribution or os.path.basename(one.origin.rstrip("/")),
            distribution=one.distribution,
            version=one.version,
            origin=one.origin,
            module="",
            status="unreadable",
            error=one.problem,
        )
        for one in look_up().unreadable
    ]


def _installed(entry: Declared, groups: Iterable[str]) -> PluginEntry:
    return PluginEntry(
        name=entry.name,
        distribution=entry.distribution,
        version=entry.version,
        origin=entry.origin,
        module=entry.value,
        groups=frozenset(groups),
        load=partial(_load, entry.value),
    )


def _load(value: str) -> object:
    """Return what an entry point's value names: a module, or something in it behind a colon."""
    module, _, name = value.partition("[")[0].partition(":")
    return reduce(getattr, filter(None, name.strip().split(".")), import_module(module.strip()))


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
