"""The registry of plugins: it is built once, passed to whatever needs it, and asked for components by kind and name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

import pluggy
from attrs import evolve

from pipeline_optimization import hookspecs
from pipeline_optimization.error_text import describe_with_place
from pipeline_optimization.errors import OptionError, PluginConflictError, PluginLoadError, UnknownPluginError
from pipeline_optimization.file_module import FileModule
from pipeline_optimization.foreign_code import ForeignCodeError, call_foreign, speaking
from pipeline_optimization.installed import look_up, name_key
from pipeline_optimization.kinds import OBSERVER_HOOKS, WANTS_EVENTS, ByKind, Kind
from pipeline_optimization.registry.entries import (
    KERNEL_GROUP,
    OBSERVER_GROUP,
    PluginEntry,
    Selection,
    file_entries,
    installed_entries,
    short_name,
    unreadable_metadata,
)
from pipeline_optimization.registry.failure import raise_unusable, unknown_component
from pipeline_optimization.registry.loading import Offers, collect_offers, import_plugin, initial_records, kernel_offers
from pipeline_optimization.registry.options import Choice, argument_name, make_options
from pipeline_optimization.registry.plugin_records import PluginRecord
from pipeline_optimization.types import Component, KernelOffer

__all__ = ["Registry"]

Options = Mapping[str, object]


class Registry(ByKind):
    """The plugins of this process, and their components. A plugin is imported when somebody asks for a component of it.

    ``Registry.load()`` finds the installed plugins. ``register`` adds an object of the program itself as a plugin.

    Args:
        entries: The plugins, not imported yet.
        selection: Which of them may be used.
        unreadable: The records of distributions with broken metadata.
    """

    def __init__(
        self,
        entries: Iterable[PluginEntry] = (),
        selection: Selection | None = None,
        *,
        unreadable: Sequence[PluginRecord] = (),
    ) -> None:
        selection = Selection() if selection is None else selection
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._offers = Offers()
        self._entries = list(entries)
        self._unreadable = tuple(unreadable)
        selection.check(self._entries)
        self._records = initial_records(self._entries, selection)  # at the same positions as the entries
        self._own: list[PluginRecord] = []
        self._raising_observers: dict[str, PluginRecord] = {}
        # Every run needs the core, and ``register`` must know the names that it offers.
        self._import(lambda entry: entry.is_core)
        if selection.is_strict:
            for record in self.import_all():
                raise_unusable(record, besides={"disabled"})

    @classmethod
    def load(cls, selection: Selection | None = None) -> Registry:
        """Return a registry of the installed plugins, and of those that are files in the selection's directories.

        Args:
            selection: Which plugins may be used; None for the selection in the environment.

        Raises:
            UsageError: If a name or a directory of the selection is wrong.
            PluginError: If the selection is strict and a plugin is broken.
        """
        selection = Selection.from_environment() if selection is None else selection
        files = [entry for directory in selection.directories for entry in file_entries(directory)]
        installed = look_up()
        return cls([*installed_entries(installed), *files], selection, unreadable=unreadable_metadata(installed))

    @property
    def records(self) -> Sequence[PluginRecord]:
        """Return what is known of each plugin without importing any. The core comes first, the program's own plugins last."""
        return tuple(self._with_problem(record) for record in (*self._records, *self._own))

    @property
    def unreadable(self) -> Sequence[PluginRecord]:
        """Return a record for each distribution with broken metadata. It may or may not be a plugin."""
        return self._unreadable

    def import_all(self) -> Sequence[PluginRecord]:
        """Import every plugin that is not switched off, and return what is known of each then. It never raises."""
        self._import(_any)
        return self.records

    def record(self, name: str) -> PluginRecord:
        """Import the plugin with a name, and return its record. Raises UnknownPluginError if there is no such plugin."""
        key = name_key(name)
        self._import(lambda entry: key in entry.aliases)
        for entry, record in zip(self._entries, self._records, strict=True):
            if key in entry.aliases:
                return self._with_problem(record)
        for record in self._own:
            if record.name == name:
                return self._with_problem(record)
        for record in self._unreadable:
            if key in {name_key(record.name), short_name(record.distribution)}:
                return record
        raise UnknownPluginError.of(name, sorted({record.name for record in self.records}))

    def components_of(self, record: PluginRecord) -> Sequence[tuple[Kind, Component[Any, Any]]]:
        """Return the components of an imported plugin, also those whose names other plugins claim."""
        return self._offers.of(record.name)

    def plugin(self, name: str) -> object:
        """Return the module or object of a plugin by the name in its record; None if the plugin is not active."""
        return self._manager.get_plugin(name)

    def is_observer(self, name: str) -> bool:
        """Return whether every run imports the plugin, or the program registered it itself."""
        found = [entry for entry in self._entries if entry.name == name]
        return not found or any(OBSERVER_GROUP in entry.groups for entry in found)

    @property
    def file_modules(self) -> Sequence[FileModule]:
        """Return the modules of the imported plugins that are single files. Workers get them, as they cannot import them by name."""
        pairs = zip(self._entries, self._records, strict=True)
        modules = [entry.file_module() for entry, record in pairs if entry.path and record.status == "active"]
        return tuple(module for module in modules if module is not None)

    def register(self, plugin: object, name: str) -> Callable[[], None]:
        """Add an object with hooks as a plugin, and return a function that removes it.

        Raises:
            PluginConflictError: If an imported plugin has the same name, or a component of the same kind and name.
            PluginLoadError: If a hook of the plugin raises, or returns something that is no component.
        """
        if self._manager.has_plugin(name):
            raise PluginConflictError(f"A plugin named {name!r} is registered already.", plugin=name, providers=[name])
        self._manager.register(plugin, name=name)
        record = PluginRecord(
            name=name,
            distribution="(this program)",
            version="-",
            origin="this program",
            module=repr(plugin),
            status="active",
        )
        record, components = collect_offers(self._manager, record)
        if record.status == "failed":
            raise PluginLoadError(f"Plugin {name!r}: {record.error}", plugin=name) from record.cause
        # The components are added even if a name is taken, since the text of the error names all plugins that claim it.
        taken = [key for key in components if self._offers.claims(key)]
        self._offers.add(record, components, is_privileged=not taken)
        if taken:
            error = self._offers.problem(record)
            self._offers.remove(record)
            self._manager.unregister(name=name)
            raise PluginConflictError(f"Plugin {name!r}: {error}", plugin=name, providers=[record.provider])
        self._own.append(record)

        def undo() -> None:
            if record in self._own:
                self._manager.unregister(name=name)
                self._own.remove(record)
                self._offers.remove(record)

        return undo

    def names(self, kind: Kind) -> list[str]:
        """Import every plugin, and return the names of all components of a kind, sorted."""
        self.import_all()
        return self._offers.names(kind)

    def component(self, kind: Kind, name: str) -> Component[Any, Any]:
        """Return a component by its exact name. As few plugins as possible are imported for it.

        Raises:
            PluginLoadError: If the plugin that should offer the component is broken.
            PluginConflictError: If several plugins offer it with the same right.
            UnknownComponentError: If no plugin offers it.
        """
        # Most plugins have the name of their component. Only if the core and such a plugin do not offer it, all are imported.
        claims = [offer for offer in self._offers.claims((kind, name)) if offer.is_privileged]
        if not claims:
            self._import(lambda entry: entry.name == name)
            claims = [offer for offer in self._offers.claims((kind, name)) if offer.provider.name == name]
        if not claims:
            self.import_all()
            claims = self._offers.claims((kind, name))
        if len(claims) == 1:
            return claims[0].component
        if claims:
            providers = [offer.provider.provider for offer in claims]
            raise PluginConflictError(self._offers.conflict((kind, name)), plugin=name, providers=providers)
        for entry, record in zip(self._entries, self._records, strict=True):
            if name_key(name) in entry.aliases:
                raise_unusable(record)
        raise unknown_component(kind, name, self._offers.names(kind), self._unreadable)

    def choose(self, kind: Kind, label: str, options: Options | None = None) -> Choice[Any]:
        """Return the component that a user chose, with checked options. The label is ``NAME`` or ``NAME:VALUE``."""
        name, colon, value = label.partition(":")
        component = self.component(kind, name)
        values = dict(options or {})
        owner = f"{kind.replace('_', ' ')} {name!r}"
        if colon:
            argument = argument_name(component.options)
            if argument is None:
                raise OptionError(f"The {owner} takes no value, so write {name!r} instead of {label!r}.")
            values[argument] = value
        return Choice(label, component, make_options(component.options, values, f"the {owner}"), kind)

    def kernels_of(self, combination: Mapping[str, str], *, ask_plugins: bool = True) -> Sequence[KernelOffer]:
        if ask_plugins:
            self._import(lambda entry: KERNEL_GROUP in entry.groups)
        return kernel_offers(self._manager.hook.anagram_counting_kernel, combination)

    @property
    def has_observers(self) -> bool:
        """Return whether a plugin observes a run that begins now, or would observe it if it were not broken. Imports all observers."""
        self._import(lambda entry: OBSERVER_GROUP in entry.groups)
        is_heard = any(
            any(hasattr(plugin, hook) for hook in OBSERVER_HOOKS.values()) and self._wants_events(plugin)
            for plugin in self._manager.get_plugins()
        )
        return is_heard or bool(self.broken_observers())

    def observers(self, hook: str) -> list[tuple[str, Callable[..., object]]]:
        """Return the plugins that implement an observer hook and want the events of a run that begins now.

        Each is its name, and a function that calls this hook of this plugin alone. So if a plugin raises, it is known which one it was.
        """
        self._import(lambda entry: OBSERVER_GROUP in entry.groups)
        plugins = [p for p in self._manager.get_plugins() if hasattr(p, hook) and self._wants_events(p)]
        return [
            (self._manager.get_name(plugin) or repr(plugin), self._caller(hook, plugin))
            for plugin in sorted(plugins, key=lambda p: self._manager.get_name(p) or "")
        ]

    def broken_observers(self) -> Sequence[PluginRecord]:
        """Return the records of the observers that cannot be used."""
        broken = [
            record
            for entry, record in zip(self._entries, self._records, strict=True)
            if OBSERVER_GROUP in entry.groups and record.status in {"failed", "conflict"}
        ]
        return [*broken, *self._raising_observers.values()]

    def _caller(self, hook: str, plugin: object) -> Callable[..., object]:
        """Return a function that calls a hook of one plugin alone."""
        # pluggy can call a hook of all plugins except some. So all others are left out.
        others = [other for other in self._manager.get_plugins() if other is not plugin]
        return self._manager.subset_hook_caller(hook, others)

    def _wants_events(self, plugin: Any) -> bool:
        """Return whether a plugin wants the events of a run that begins now. One that raises gets none, and counts as broken."""
        if not hasattr(plugin, WANTS_EVENTS):
            return True
        name = self._manager.get_name(plugin) or repr(plugin)
        self._raising_observers.pop(name, None)
        try:
            with speaking(name):
                return all(call_foreign(cast("Callable[[], list[bool]]", self._caller(WANTS_EVENTS, plugin))))
        except ForeignCodeError as error:
            record = next(record for record in (*self._records, *self._own) if record.name == name)
            problem = f"{WANTS_EVENTS} raised {describe_with_place(error.raised)}."
            self._raising_observers[name] = evolve(record, status="failed", error=problem, cause=error.raised)
            return False

    def _import(self, is_wanted: Callable[[PluginEntry], bool]) -> None:
        """Import the plugins that are wanted, may be used, and are not imported yet."""
        for position, (entry, record) in enumerate(zip(self._entries, self._records, strict=True)):
            # With any other status the plugin was imported before, or must not be imported.
            if record.status != "installed" or not is_wanted(entry):
                continue
            imported = import_plugin(self._manager, entry, record)
            if imported.status == "active":
                imported, components = collect_offers(self._manager, imported)
                self._offers.add(imported, components, is_privileged=entry.is_core)
            self._records[position] = imported

    def _with_problem(self, record: PluginRecord) -> PluginRecord:
        problem = self._offers.problem(record) if record.status == "active" else ""
        return evolve(record, status="conflict", error=problem) if problem else record


def _any(entry: PluginEntry) -> bool:
    return True
