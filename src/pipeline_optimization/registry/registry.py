"""The registry: built once, passed down, asked by kind and name."""

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
from pipeline_optimization.registry.loading import Offers, adopt, import_plugin, initial_records, kernel_offers
from pipeline_optimization.registry.options import Choice, argument_name, make_options
from pipeline_optimization.registry.records import PluginRecord
from pipeline_optimization.types import Component, KernelOffer

__all__ = ["Registry"]

Options = Mapping[str, object]


class Registry(ByKind):
    """The plugins of this process and their components; a plugin is imported when something of it is asked for.

    ``Registry.load()`` finds what is there; ``register`` adds a plugin of the program itself and returns a function
    that takes it out again.
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
        self._records = initial_records(self._entries, selection)
        self._own: list[PluginRecord] = []
        self._undecided: dict[str, PluginRecord] = {}
        self._import(lambda entry: entry.is_core)
        if selection.is_strict:
            for record in self.import_all():
                raise_unusable(record, besides={"disabled"})

    @classmethod
    def load(cls, selection: Selection | None = None) -> Registry:
        """Return a registry of what is installed, and of the files in the selection's directories.

        The selection is that of the environment where it is None. Raises UsageError for names and directories that
        are wrong, and in strict mode PluginError for a plugin that is broken.
        """
        selection = Selection.from_environment() if selection is None else selection
        files = [entry for directory in selection.directories for entry in file_entries(directory)]
        installed = look_up()
        return cls([*installed_entries(installed), *files], selection, unreadable=unreadable_metadata(installed))

    @property
    def records(self) -> Sequence[PluginRecord]:
        """Return what is known of each plugin without importing any, the core first; the program's own come last."""
        return tuple(self._with_problem(record) for record in (*self._records, *self._own))

    @property
    def unreadable(self) -> Sequence[PluginRecord]:
        """Return a record for each distribution whose metadata is broken; it need not be a plugin."""
        return self._unreadable

    def import_all(self) -> Sequence[PluginRecord]:
        """Import every plugin that is not switched off, and return what is then known of each. Never raises."""
        self._import(_any)
        return self.records

    def record(self, name: str) -> PluginRecord:
        """Import the plugin that goes by a name, and return its record. Raises UnknownPluginError."""
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
        """Return the components of a plugin that is imported, those included that others claim too."""
        return self._offers.of(record.name)

    def plugin(self, name: str) -> object:
        """Return the plugin itself, a module or an object, by the name in its record; None where it is not active."""
        return self._manager.get_plugin(name)

    def is_observer(self, name: str) -> bool:
        """Return whether a plugin is imported in every run, or is the program's own."""
        found = [entry for entry in self._entries if entry.name == name]
        return not found or any(OBSERVER_GROUP in entry.groups for entry in found)

    @property
    def file_modules(self) -> Sequence[FileModule]:
        """Return the modules of plugins that are single files and were imported, for workers to make them too."""
        pairs = zip(self._entries, self._records, strict=True)
        modules = [entry.file_module() for entry, record in pairs if entry.path and record.status == "active"]
        return tuple(module for module in modules if module is not None)

    def register(self, plugin: object, name: str) -> Callable[[], None]:
        """Add a plugin object, and return a function that removes it.

        Raises PluginConflictError where the plugin's name or one of its components' is taken by a plugin that is
        imported, and PluginLoadError where the plugin's hooks raise or return something that is no component.
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
        record, components = adopt(self._manager, record)
        if record.status == "failed":
            raise PluginLoadError(f"Plugin {name!r}: {record.error}", plugin=name) from record.cause
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
        """Return the names on offer, sorted; every plugin is imported for it."""
        self.import_all()
        return self._offers.names(kind)

    def component(self, kind: Kind, name: str) -> Component[Any, Any]:
        """Return a component by its exact name.

        It is looked for in what is imported, then in the plugin of that name, and then in all others, which are
        imported for it. Raises PluginLoadError or PluginConflictError where the plugin that should offer it is broken
        or several offer it, and UnknownComponentError where nobody does.
        """
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
        """Return the component that a user named, as ``NAME`` or ``NAME:VALUE``, with its options checked."""
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
        """Return whether a plugin observes a run that begins now, or should and cannot. Plugins that bring observers are imported for it."""
        self._import(lambda entry: OBSERVER_GROUP in entry.groups)
        is_heard = any(
            any(hasattr(plugin, hook) for hook in OBSERVER_HOOKS.values()) and self._wants_events(plugin)
            for plugin in self._manager.get_plugins()
        )
        return is_heard or bool(self.broken_observers())

    def observers(self, hook: str) -> list[tuple[str, Callable[..., object]]]:
        """Return (plugin name, caller) for each plugin that implements an observer hook and wants to be told of a run that begins now.

        Plugins that bring observers are imported for it. One caller a plugin, so that one that raises can be told
        from the others.
        """
        self._import(lambda entry: OBSERVER_GROUP in entry.groups)
        plugins = [p for p in self._manager.get_plugins() if hasattr(p, hook) and self._wants_events(p)]
        return [
            (self._manager.get_name(plugin) or repr(plugin), self._caller(hook, plugin))
            for plugin in sorted(plugins, key=lambda p: self._manager.get_name(p) or "")
        ]

    def broken_observers(self) -> Sequence[PluginRecord]:
        """Return the records of plugins that every run imports for their observers, and that cannot be used."""
        broken = [
            record
            for entry, record in zip(self._entries, self._records, strict=True)
            if OBSERVER_GROUP in entry.groups and record.status in {"failed", "conflict"}
        ]
        return [*broken, *self._undecided.values()]

    def _caller(self, hook: str, plugin: object) -> Callable[..., object]:
        """Return what calls a hook of one plugin alone."""
        others = [other for other in self._manager.get_plugins() if other is not plugin]
        return self._manager.subset_hook_caller(hook, others)

    def _wants_events(self, plugin: Any) -> bool:
        if not hasattr(plugin, WANTS_EVENTS):
            return True
        name = self._manager.get_name(plugin) or repr(plugin)
        self._undecided.pop(name, None)
        try:
            with speaking(name):
                return all(call_foreign(cast("Callable[[], list[bool]]", self._caller(WANTS_EVENTS, plugin))))
        except ForeignCodeError as error:
            record = next(record for record in (*self._records, *self._own) if record.name == name)
            problem = f"{WANTS_EVENTS} raised {describe_with_place(error.raised)}."
            self._undecided[name] = evolve(record, status="failed", error=problem, cause=error.raised)
            return False

    def _import(self, is_wanted: Callable[[PluginEntry], bool]) -> None:
        """Import the wanted plugins that may be used and are not imported yet."""
        for position, (entry, record) in enumerate(zip(self._entries, self._records, strict=True)):
            if record.status != "installed" or not is_wanted(entry):
                continue
            imported = import_plugin(self._manager, entry, record)
            if imported.status == "active":
                imported, components = adopt(self._manager, imported)
                self._offers.add(imported, components, is_privileged=entry.is_core)
            self._records[position] = imported

    def _with_problem(self, record: PluginRecord) -> PluginRecord:
        problem = self._offers.problem(record) if record.status == "active" else ""
        return evolve(record, status="conflict", error=problem) if problem else record


def _any(entry: PluginEntry) -> bool:
    return True
