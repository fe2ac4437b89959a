"""The plugins that are installed, and which of them are switched off. All of this is read from metadata, without importing a plugin.

A program that imported every plugin at its start would take seconds if some of them import large libraries.
"""

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
from pipeline_optimization.registry.plugin_records import PluginRecord

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
"""The group of entry points whose plugins are imported when somebody asks for one of their components."""

OBSERVER_GROUP = "anagram_observer"
"""The group of those that every run imports."""

KERNEL_GROUP = "anagram_kernel"
"""The group of those that a run imports when it looks for a kernel."""

GROUPS = (GROUP, OBSERVER_GROUP, KERNEL_GROUP)

DISABLE, ONLY, STRICT = "ANAGRAM_DISABLE_PLUGINS", "ANAGRAM_ONLY_PLUGINS", "ANAGRAM_STRICT_PLUGINS"
PLUGINS_DIR = "ANAGRAM_PLUGINS_DIR"


@frozen(kw_only=True)
class PluginEntry:
    """One plugin before it is imported.

    Attributes:
        name: The name of its entry point, or of its file without the suffix.
        distribution: The distribution that brings it.
        version: The version of this distribution.
        origin: Where it is installed, or the path of the file.
        module: The module that the entry point names.
        groups: The groups of entry points that it is in. They say when it is imported.
        load: Imports the plugin and returns it.
        path: The path of a plugin that is a single file; None for others.
    """

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
        """Return where the plugin comes from, for errors: its distribution with the version, or its file."""
        return f"{self.distribution} {self.version}" if self.path is None else self.origin

    @property
    def is_core(self) -> bool:
        return self.distribution == CORE

    @property
    def aliases(self) -> frozenset[str]:
        """Return all names of the plugin that users may write, in the form in which ``name_key`` makes names comparable."""
        names = {self.name, self.module}
        names |= {str(self.path), self.path.name} if self.path else {self.distribution, short_name(self.distribution)}
        return frozenset(name_key(name) for name in names)

    def file_module(self) -> FileModule | None:
        """Return the module of a plugin that is a single file, for workers, which cannot import it by name; None for others."""
        return None if self.path is None else FileModule.of(self.path)


def short_name(distribution: str) -> str:
    """Return the name of a distribution without the prefix that all plugins have, in the form of ``name_key``."""
    return name_key(distribution).removeprefix("anagram-plugin-")


def installed_entries(installed: Installed) -> Sequence[PluginEntry]:
    """Return the installed plugins, sorted by distribution and name.

    The core comes first, so that no plugin can take a built-in name from it.
    """
    found: dict[tuple[str, str], tuple[Declared, set[str]]] = {}
    for entry in installed.entries:
        # A plugin may be in several groups. It is imported once, when the first of them is needed.
        if entry.group in GROUPS:
            found.setdefault((entry.distribution, entry.name), (entry, set()))[1].add(entry.group)
    # False sorts before True, so the core is first.
    ordered = sorted(found, key=lambda key: (key[0] != CORE, key))
    return [_installed(entry, groups) for entry, groups in map(found.__getitem__, ordered)]


def unreadable_metadata(installed: Installed) -> Sequence[PluginRecord]:
    """Return a record for each distribution whose metadata is broken. If it is a plugin, the plugin is missing."""
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
    """Return what the value of an entry point names: a module, or after a colon something in it."""
    # Behind a bracket may stand extras, as in "module:name [extra]". The standard has given them up, but old metadata still has them.
    module, _, name = value.partition("[")[0].partition(":")
    return reduce(getattr, filter(None, name.strip().split(".")), import_module(module.strip()))


def file_entries(directory: str) -> Sequence[PluginEntry]:
    """Return the Python files of a directory as plugins, sorted. Files whose names begin with an underscore are left out.

    The files have no metadata that would say when they are needed, so they are in every group.

    Raises:
        UsageError: If there is no such directory.
    """
    folder = Path(directory)
    if not folder.is_dir():
        raise UsageError(f"There is no directory {directory!r} for plugins. Name one that exists: --plugins-dir DIR.")
    # Sorted, as the order in which a directory lists its files differs between machines.
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
    """Which plugins may be used. A plugin may be named by any of its names.

    Attributes:
        disabled: The plugins that are switched off.
        only: If it is not empty, all plugins that it does not name are switched off. The core stays.
        directories: The directories with plugins that are single files.
        is_strict: Whether every plugin must be sound, and every name must be that of a plugin.
        typed: The names that must be those of plugins even if it is not strict, since somebody has just typed them. Names in the environment
            or in a file may be of plugins that are installed elsewhere.
    """

    disabled: Sequence[str] = ()
    only: Sequence[str] = ()
    directories: Sequence[str] = ()
    is_strict: bool = False
    typed: Sequence[str] = ()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Selection:
        """Return the selection in the ``ANAGRAM_*`` variables: names with commas between them, and directories as in ``PATH``.

        Args:
            environment: The environment variables; None for those of this process.

        Raises:
            OptionError: If ``ANAGRAM_STRICT_PLUGINS`` is neither true nor false.
        """
        variables = os.environ if environment is None else environment
        return cls(
            disabled=_parts(variables.get(DISABLE, ""), ","),
            only=_parts(variables.get(ONLY, ""), ","),
            directories=_parts(variables.get(PLUGINS_DIR, ""), os.pathsep),
            is_strict=to_bool(variables.get(STRICT, ""), STRICT),
        )

    def to_environment(self) -> dict[str, str]:
        """Return the variables that give another process the same selection."""
        return {
            DISABLE: ",".join(self.disabled),
            ONLY: ",".join(self.only),
            # The other process may have another working directory.
            PLUGINS_DIR: os.pathsep.join(os.path.abspath(path) for path in self.directories),
            STRICT: "true" if self.is_strict else "",
        }

    def over(self, weaker: Selection) -> Selection:
        """Return this selection joined with a weaker one. All that either switches off is off, and ``only`` is this one's unless it is empty."""
        return Selection(
            disabled=(*weaker.disabled, *self.disabled),
            only=self.only or weaker.only,
            # Each directory once, in this order.
            directories=tuple(dict.fromkeys([*weaker.directories, *self.directories])),
            is_strict=self.is_strict or weaker.is_strict,
            typed=(*weaker.typed, *self.typed),
        )

    def reason_against(self, entry: PluginEntry) -> str:
        """Return why a plugin is switched off; empty if it is not."""
        # First of all, so that ``only`` need not name the core. ``check`` refuses a selection that switches it off.
        if entry.is_core:
            return ""
        if named := _first(self.disabled, entry):
            return f"It is switched off by the name {named!r}: --no-plugin, {DISABLE} or disable-plugins."
        if self.only and not _first(self.only, entry):
            return f"Only {', '.join(self.only)} may be used: --only-plugin, {ONLY} or only-plugins."
        return ""

    def check(self, entries: Iterable[PluginEntry]) -> None:
        """Check the names of the selection.

        Args:
            entries: All plugins.

        Raises:
            UnknownPluginError: If a name that must be a plugin's is not.
            UsageError: If the selection switches off the core.
        """
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
    """Return the truth value of a word such as "yes"; an empty text is false.

    Args:
        text: The word.
        what: What the word stands for, for errors.

    Raises:
        OptionError: If the word is neither true nor false.
    """
    word = text.strip().lower()
    if word in {"", "0", "false", "no", "off"}:
        return False
    if word in {"1", "true", "yes", "on"}:
        return True
    raise OptionError(f"{what} must be true or false, not {text!r}.")
