"""The plugins that there are, known from metadata alone, and which of them are switched off: nothing is imported here."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial, reduce
from importlib import import_module
from pathlib import Path

from attrs import field, frozen

from pipeline_optimization.errors import OptionError, UnknownPluginError, UsageError
from pipeline_optimization.file_module import FileModule, import_file
from pipeline_optimization.installed import Declared, Installed, name_key
from pipeline_optimization.registry.records import PluginRecord

__all__ = [
    "CORE",
    "DISABLE",
    "GROUP",
    "KERNEL_GROUP",
    "OBSERVER_GROUP",
    "ONLY",
    "PLUGINS_DIR",
    "STRICT",
    "PluginEntry",
    "Selection",
    "file_entries",
    "installed_entries",
    "short_name",
    "to_bool",
    "unreadable_metadata",
]

CORE = "pipeline-optimization"
GROUP = "anagram"
OBSERVER_GROUP = "anagram_observer"
KERNEL_GROUP = "anagram_kernel"
GROUPS = (GROUP, OBSERVER_GROUP, KERNEL_GROUP)

DISABLE, ONLY, STRICT = "ANAGRAM_DISABLE_PLUGINS", "ANAGRAM_ONLY_PLUGINS", "ANAGRAM_STRICT_PLUGINS"
PLUGINS_DIR = "ANAGRAM_PLUGINS_DIR"
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


def installed_entries(installed: Installed) -> Sequence[PluginEntry]:
    """Return the installed plugins, sorted by distribution and name, the core first.

    The core comes first, so that nobody can take a built-in name from it.
    """
    found: dict[tuple[str, str], tuple[Declared, set[str]]] = {}
    for entry in installed.entries:
        if entry.group in GROUPS:
            found.setdefault((entry.distribution, entry.name), (entry, set()))[1].add(entry.group)
    ordered = sorted(found, key=lambda key: (key[0] != CORE, key))
    return [_installed(entry, groups) for entry, groups in map(found.__getitem__, ordered)]


def unreadable_metadata(installed: Installed) -> Sequence[PluginRecord]:
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
        for one in installed.unreadable
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


@frozen(kw_only=True)
class Selection:
    """What is switched off, by any of a plugin's names; ``only`` switches off all others, the core apart.

    ``directories`` are searched for plugins that are single files. ``is_strict``: each plugin must be sound, and each
    name must be that of one. ``typed`` are the names that must be, because somebody has just typed them.
    """

    disabled: Sequence[str] = ()
    only: Sequence[str] = ()
    directories: Sequence[str] = ()
    is_strict: bool = False
    typed: Sequence[str] = ()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Selection:
        """Return what ``ANAGRAM_*`` variables say: names between commas, directories as in ``PATH``.

        Raises OptionError where ``ANAGRAM_STRICT_PLUGINS`` is neither true nor false.
        """
        variables = os.environ if environment is None else environment
        return cls(
            disabled=_parts(variables.get(DISABLE, ""), ","),
            only=_parts(variables.get(ONLY, ""), ","),
            directories=_parts(variables.get(PLUGINS_DIR, ""), os.pathsep),
            is_strict=to_bool(variables.get(STRICT, ""), STRICT),
        )

    def to_environment(self) -> dict[str, str]:
        """Return the variables that make another process select the same."""
        return {
            DISABLE: ",".join(self.disabled),
            ONLY: ",".join(self.only),
            PLUGINS_DIR: os.pathsep.join(os.path.abspath(path) for path in self.directories),
            STRICT: "true" if self.is_strict else "",
        }

    def over(self, weaker: Selection) -> Selection:
        """Return both together: what is switched off adds up, ``only`` is that of the stronger one that has any."""
        return Selection(
            disabled=(*weaker.disabled, *self.disabled),
            only=self.only or weaker.only,
            directories=tuple(dict.fromkeys([*weaker.directories, *self.directories])),
            is_strict=self.is_strict or weaker.is_strict,
            typed=(*weaker.typed, *self.typed),
        )

    def reason_against(self, entry: PluginEntry) -> str:
        """Return why a plugin is switched off, or nothing where it is not."""
        if entry.is_core:
            return ""
        if named := _first(self.disabled, entry):
            return f"It is switched off by the name {named!r}: --no-plugin, {DISABLE} or disable-plugins."
        if self.only and not _first(self.only, entry):
            return f"Only {', '.join(self.only)} may be used: --only-plugin, {ONLY} or only-plugins."
        return ""

    def check(self, entries: Iterable[PluginEntry]) -> None:
        """Raise UnknownPluginError where a name that must be a plugin's is none's, UsageError for the core's."""
        found = list(entries)
        for name in (*self.disabled, *self.only):
            if (self.is_strict or name in self.typed) and not any(name_key(name) in e.aliases for e in found):
                raise UnknownPluginError.of(name, sorted({entry.name for entry in found}))
        core = next((entry for entry in found if entry.is_core), None)
        if core is not None and (named := _first(self.disabled, core)):
            raise UsageError(f"{named!r} is {CORE}, which cannot be switched off: it brings what every run needs.")


def _parts(text: str, separator: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(separator) if part.strip())


def _first(names: Iterable[str], entry: PluginEntry) -> str:
    return next((name for name in names if name_key(name) in entry.aliases), "")


def to_bool(text: str, what: str) -> bool:
    """Return what a word says; nothing is false. Raises OptionError for a word that is neither."""
    word = text.strip().lower()
    if word in {"", "0", "false", "no", "off"}:
        return False
    if word in {"1", "true", "yes", "on"}:
        return True
    raise OptionError(f"{what} must be true or false, not {text!r}.")
