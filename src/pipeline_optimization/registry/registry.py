"""The registry: built once, passed down, asked by kind and name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from importlib.metadata import EntryPoint
from typing import Any, Literal, cast

import pluggy
from attrs import evolve

from pipeline_optimization import hookspecs
from pipeline_optimization.errors import OptionError, PluginConflictError, PluginLoadError, UnknownComponentError
from pipeline_optimization.registry.build import Choice
from pipeline_optimization.registry.discovery import find_entry_points, register_all
from pipeline_optimization.registry.known import DISTRIBUTION_OF
from pipeline_optimization.registry.options import argument_name, make_options
from pipeline_optimization.registry.records import KINDS, Kind, PluginRecord
from pipeline_optimization.types import Component, KernelOffer, Lexicon, Orchestrator, RetryPolicy, Signature, Tokenizer

__all__ = ["Registry"]

Options = Mapping[str, object]


class Registry:
    """The plugins of this process and their components.

    ``Registry.load()`` finds what is installed; ``register`` adds a plugin of the program itself and returns a
    function that takes it out again.
    """

    def __init__(self, entries: Iterable[EntryPoint] = ()) -> None:
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._records = register_all(self._manager, entries)
        self._components: dict[tuple[Kind, str], tuple[str, Component[Any, Any]]] = {}
        for position, record in enumerate(self._records):
            if record.status == "active":
                self._records[position] = self._adopt(record)

    @classmethod
    def load(cls) -> Registry:
        """Return a registry of all installed plugins."""
        return cls(find_entry_points())

    @property
    def records(self) -> Sequence[PluginRecord]:
        """Return what is known of each plugin, sorted by distribution and name."""
        return tuple(self._records)

    def register(self, plugin: object, name: str) -> Callable[[], None]:
        """Add a plugin object, and return a function that removes it.

        Raises PluginConflictError where the plugin's name or one of its components' is taken, and PluginLoadError
        where the plugin's hooks raise or return something that is no component.
        """
        record = PluginRecord(
            name=name, distribution="(this program)", version="-", module=repr(plugin), status="active"
        )
        if self._manager.has_plugin(name):
            raise PluginConflictError(f"A plugin named {name!r} is registered already.", plugin=name, providers=[name])
        before = dict(self._components)
        self._manager.register(plugin, name=name)
        adopted = self._adopt(record)
        if adopted.status != "active":
            self._components = before
            raise PluginLoadError(f"Plugin {name!r}: {adopted.error}", plugin=name) from adopted.cause
        self._records.append(adopted)

        def undo() -> None:
            if self._manager.has_plugin(name):
                self._manager.unregister(name=name)
                self._records.remove(adopted)
                self._components = {key: v for key, v in self._components.items() if v[0] != name}

        return undo

    def _adopt(self, record: PluginRecord) -> PluginRecord:
        """Collect a plugin's components; a plugin whose hooks misbehave is taken out again."""
        plugin = self._manager.get_plugin(record.name)
        offers: dict[tuple[Kind, str], tuple[str, Component[Any, Any]]] = {}
        try:
            for kind, hook in KINDS.items():
                implementation = getattr(plugin, hook, None)
                for component in implementation() if implementation is not None else ():
                    if not isinstance(component, Component):
                        raise TypeError(f"{hook} returned {component!r}, which is no Component")
                    key = (kind, component.name)
                    if key in self._components or key in offers:
                        owner = self._components.get(key, offers.get(key))
                        return self._reject(record, "conflict", _taken(kind, component.name, owner))
                    offers[key] = (record.name, component)
        except Exception as error:  # noqa: BLE001 - whatever a plugin's hook raises is that plugin's failure
            return self._reject(record, "failed", f"{type(error).__name__}: {error}", error)
        self._components.update(offers)
        return evolve(record, components=tuple(f"{kind}:{name}" for kind, name in offers))

    def _reject(
        self, record: PluginRecord, status: Literal["failed", "conflict"], error: str, cause: Exception | None = None
    ) -> PluginRecord:
        self._manager.unregister(name=record.name)
        return evolve(record, status=status, error=error, cause=cause)

    def names(self, kind: Kind) -> list[str]:
        """Return the names on offer, sorted."""
        return sorted(name for k, name in self._components if k == kind)

    def component(self, kind: Kind, name: str) -> Component[Any, Any]:
        """Return a component by its exact name.

        Raises PluginLoadError or PluginConflictError where the plugin that should offer it is broken, and
        UnknownComponentError where nobody offers it.
        """
        if found := self._components.get((kind, name)):
            return found[1]
        self._raise_if_broken(name)
        installed = self.names(kind)
        noun = kind.replace("_", " ")
        close = get_close_matches(name, installed, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        if distribution := DISTRIBUTION_OF.get((kind, name)):
            hint = f" It comes with {distribution}: pip install {distribution}."
        raise UnknownComponentError(
            f"Unknown {noun} {name!r}.{hint} Installed: {', '.join(installed)}.",
            kind=kind,
            name=name,
            installed=installed,
        )

    def _raise_if_broken(self, name: str) -> None:
        for record in self._records:
            if record.status == "active" or name not in _aliases(record):
                continue
            message = f"Plugin {record.name!r} ({record.provider}) cannot be used. {record.error}"
            if record.status == "conflict":
                raise PluginConflictError(message, plugin=record.name, providers=[record.provider])
            raise PluginLoadError(message, plugin=record.name) from record.cause

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
        return Choice(label, component, make_options(component.options, values, f"The {owner}"))

    def orchestrator(self, label: str, options: Options | None = None) -> Choice[Orchestrator]:
        return cast("Choice[Orchestrator]", self.choose("orchestrator", label, options))

    def tokenizer(self, label: str, options: Options | None = None) -> Choice[Tokenizer]:
        return cast("Choice[Tokenizer]", self.choose("tokenizer", label, options))

    def signature(self, label: str, options: Options | None = None) -> Choice[Signature]:
        return cast("Choice[Signature]", self.choose("signature", label, options))

    def retry_policy(self, label: str, options: Options | None = None) -> Choice[RetryPolicy]:
        return cast("Choice[RetryPolicy]", self.choose("retry_policy", label, options))

    def lexicon(self, label: str, options: Options | None = None) -> Choice[Lexicon]:
        return cast("Choice[Lexicon]", self.choose("lexicon", label, options))

    def counting_kernels(self, *, tokenizer: str, signature: str, lexicon: str) -> Sequence[KernelOffer]:
        """Return the kernels that are offered for a combination of component names, the core's last."""
        hook = self._manager.hook.anagram_counting_kernel
        return cast("list[KernelOffer]", hook(tokenizer=tokenizer, signature=signature, lexicon=lexicon))

    def observers(self, hook: str) -> list[tuple[str, Callable[..., object]]]:
        """Return (plugin name, caller) for each plugin that implements an observer hook.

        One caller a plugin, so that one that raises can be told from the others.
        """
        plugins = [p for p in self._manager.get_plugins() if hasattr(p, hook)]
        return [
            (
                self._manager.get_name(plugin) or repr(plugin),
                self._manager.subset_hook_caller(hook, [other for other in plugins if other is not plugin]),
            )
            for plugin in sorted(plugins, key=lambda p: self._manager.get_name(p) or "")
        ]


def _aliases(record: PluginRecord) -> set[str]:
    return {record.name, record.distribution, record.module, record.distribution.removeprefix("anagram-plugin-")}


def _taken(kind: Kind, name: str, owner: tuple[str, object] | None) -> str:
    plugin = owner[0] if owner else "?"
    return f"Its {kind.replace('_', ' ')} {name!r} is offered by the plugin {plugin!r} already. Uninstall one of them."
