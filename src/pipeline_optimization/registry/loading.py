"""Imports plugins and collects the components that they offer.

Whatever a plugin's code raises becomes an error in its record. So a broken plugin disturbs no other, and the error appears when somebody asks
for something of that plugin.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

import pluggy
from attrs import evolve

from pipeline_optimization import hookspecs
from pipeline_optimization.error_text import describe_with_place
from pipeline_optimization.errors import PluginLoadError
from pipeline_optimization.foreign_code import ForeignCodeError, call_foreign, speaking
from pipeline_optimization.kinds import KINDS, Kind
from pipeline_optimization.registry.entries import PluginEntry, Selection
from pipeline_optimization.registry.plugin_records import PluginRecord
from pipeline_optimization.spelling_hint import did_you_mean
from pipeline_optimization.types import Component, KernelOffer

__all__ = ["Key", "Offer", "Offers", "collect_offers", "import_plugin", "initial_records", "kernel_offers"]


def initial_records(entries: Sequence[PluginEntry], selection: Selection) -> list[PluginRecord]:
    """Return a record for each plugin before it is imported. It says whether the plugin is switched off, or another plugin has the same name."""
    reasons = [selection.reason_against(entry) for entry in entries]
    # Plugins that are switched off claim no name: to switch one of two off is how a user resolves the conflict.
    names = Counter(entry.name for entry, reason in zip(entries, reasons, strict=True) if not reason)
    records = []
    for entry, reason in zip(entries, reasons, strict=True):
        record = PluginRecord(
            name=entry.name,
            distribution=entry.distribution,
            version=entry.version,
            origin=entry.origin,
            module=entry.module,
            status="installed",
        )
        if reason:
            record = evolve(record, status="disabled", error=reason)
        elif names[entry.name] > 1:
            rivals = [e for e, why in zip(entries, reasons, strict=True) if e.name == entry.name and not why]
            record = evolve(record, status="conflict", error=_rival_claims(rivals))
        records.append(record)
    return records


def _rival_claims(rivals: Sequence[PluginEntry]) -> str:
    providers = " and ".join(entry.provider for entry in rivals)
    # All plugins that are single files have the same distribution, "(file)", so these are named by their paths.
    choice = " or ".join(f"--no-plugin {entry.path or entry.distribution}" for entry in rivals)
    return (
        f"The plugin name {rivals[0].name!r} is claimed by {providers}. Uninstall one of them, or choose with {choice}."
    )


def import_plugin(manager: pluggy.PluginManager, entry: PluginEntry, record: PluginRecord) -> PluginRecord:
    """Import a plugin and register its hooks. Return its record, ``active`` or ``failed``."""
    step = "Importing"
    try:
        # What the plugin prints during its import must not get into the output of the command, which may be JSON.
        with speaking(record.name):
            module = call_foreign(entry.load)
            step = "Registering"
            call_foreign(manager.register, module, name=record.name)
    except ForeignCodeError as error:
        return _failed(record, f"{step} {entry.module} failed: {describe_with_place(error.raised)}", error.raised)
    return evolve(record, status="active")


def collect_offers(
    manager: pluggy.PluginManager, record: PluginRecord
) -> tuple[PluginRecord, Mapping[Key, Component[Any, Any]]]:
    """Return the components that a registered plugin offers, and its record.

    If one of its hooks is unknown, raises, or returns something else than components, the plugin is unregistered and offers nothing: half of
    a plugin is harder to understand than an error.
    """
    plugin = manager.get_plugin(record.name)
    callers = manager.get_hookcallers(plugin) or []
    record = evolve(record, hooks=tuple(sorted(caller.name for caller in callers)))
    # Looked for before any hook is called: a plugin with an unknown hook is refused as a whole.
    unknown = [caller.name for caller in callers if not caller.has_spec()]
    if unknown:
        manager.unregister(name=record.name)
        return _failed(evolve(record, hooks=()), _unknown_hooks(unknown)), {}
    offers: dict[Key, Component[Any, Any]] = {}
    # Offers are handed out only after the last hook, so that a plugin whose second hook raises does not leave the components of its first.
    for kind, hook in KINDS.items():
        try:
            with speaking(record.name):
                offered = call_foreign(_offered, plugin, hook)
            problem, cause = _collect(offers, kind, hook, offered), None
        except ForeignCodeError as error:
            problem, cause = f"{hook} raised {describe_with_place(error.raised)}", error.raised
        if problem:
            manager.unregister(name=record.name)
            return _failed(record, problem, cause), {}
    return evolve(record, components=tuple(f"{kind}:{name}" for kind, name in offers)), offers


def _offered(plugin: object, hook: str) -> Sequence[object]:
    # The function is called directly. pluggy's call would ask all plugins, and could not say which of them raised.
    implementation = getattr(plugin, hook, None)
    return () if implementation is None else list(implementation())


def _collect(offers: dict[Key, Component[Any, Any]], kind: Kind, hook: str, offered: Sequence[object]) -> str:
    """Add the components that a hook returned to ``offers``. Return what is wrong with them; empty if nothing is."""
    for component in offered:
        if not isinstance(component, Component):
            return f"{hook} returned {_repr(component)}, which is no Component"
        if (kind, component.name) in offers:
            return f"{hook} returned two components called {component.name!r}"
        offers[kind, component.name] = component
    return ""


def _repr(thing: object) -> str:
    try:
        # The ``repr`` of a plugin's object is code of the plugin, and may raise, too.
        return call_foreign(repr, thing)
    except ForeignCodeError:
        return f"an object of {type(thing).__qualname__}"


def _failed(record: PluginRecord, message: str, cause: BaseException | None = None) -> PluginRecord:
    return evolve(record, status="failed", error=message, cause=cause)


def _unknown_hooks(unknown: Sequence[str]) -> str:
    """Return the error for a plugin with unknown hooks. Most are misspelled; pluggy would accept them and never call them."""
    known = [name for name in vars(hookspecs) if name.startswith("anagram_")]
    hint = did_you_mean(unknown[0], known)
    return f"It implements unknown hooks: {', '.join(unknown)}.{hint}"


Key = tuple[Kind, str]
"""The kind and the name of a component."""


class Offer(NamedTuple):
    """A component and the plugin that offers it. The offers of the core, and of plugins that the program registers, are privileged."""

    provider: PluginRecord
    component: Component[Any, Any]
    is_privileged: bool = False


class Offers:
    """The components of all plugins that are imported so far.

    If several plugins offer a component of the same name, a privileged offer wins, then the offer of the plugin that has the name of the
    component. Otherwise there is a conflict. This rule does not depend on the order in which plugins were imported. An order would
    differ between commands, as each imports only what it needs.
    """

    def __init__(self) -> None:
        self._offers: dict[Key, list[Offer]] = {}

    def add(
        self, provider: PluginRecord, components: Mapping[Key, Component[Any, Any]], *, is_privileged: bool
    ) -> None:
        """Add the components of a plugin."""
        for key, component in components.items():
            offers = [*self._offers.get(key, []), Offer(provider, component, is_privileged)]
            # Sorted by plugin, so that error texts do not depend on the order of imports either.
            self._offers[key] = sorted(offers, key=lambda offer: offer.provider.name)

    def remove(self, provider: PluginRecord) -> None:
        """Remove the components of a plugin."""
        kept = {key: [one for one in offers if one.provider != provider] for key, offers in self._offers.items()}
        # A name without offers goes, or ``names`` would still list it.
        self._offers = {key: offers for key, offers in kept.items() if offers}

    def of(self, provider: str) -> list[tuple[Kind, Component[Any, Any]]]:
        """Return the components that a plugin offers, by its name."""
        return [
            (key[0], offer.component)
            for key, offers in self._offers.items()
            for offer in offers
            if offer.provider.name == provider
        ]

    def names(self, kind: Kind) -> list[str]:
        """Return the names of all components of a kind, sorted."""
        return sorted(name for k, name in self._offers if k == kind)

    def claims(self, key: Key) -> list[Offer]:
        """Return the offers with the best claim to a name: one if the name is clear, several if there is a conflict, none if nobody offers it."""
        offers = self._offers.get(key, [])
        privileged = [offer for offer in offers if offer.is_privileged]
        namesakes = [offer for offer in offers if offer.provider.name == key[1]]
        # The order of the rule above. Names of plugins are unique, so a component has at most one namesake.
        return privileged[:1] or namesakes or offers

    def problem(self, provider: PluginRecord) -> str:
        """Return an error text for the names of a plugin that other plugins claim with the same right or a better one; empty if there are none."""
        return " ".join(
            _conflict(key, offers, self.claims(key))
            for key, offers in sorted(self._offers.items())
            if len(offers) > 1
            and any(offer.provider == provider for offer in offers)
            and [offer.provider for offer in self.claims(key)] != [provider]
        )

    def conflict(self, key: Key) -> str:
        """Return the error text for a name that several plugins claim with the same right."""
        return _conflict(key, self._offers[key], self.claims(key))


def _conflict(key: Key, offers: Iterable[Offer], claims: list[Offer]) -> str:
    noun = key[0].replace("_", " ")
    if len(claims) == 1:
        owner = claims[0].provider
        return (
            f"Its {noun} {key[1]!r} is offered by the plugin {owner.name!r} ({owner.provider}) already, which keeps it."
        )
    names = [offer.provider for offer in offers]
    providers = " and ".join(f"{one.name!r} ({one.provider})" for one in names)
    choice = " or ".join(f"--no-plugin {one.name}" for one in names)
    return f"The {noun} {key[1]!r} is offered by the plugins {providers}. Choose with {choice}."


def kernel_offers(hook: pluggy.HookCaller, combination: Mapping[str, str]) -> Sequence[KernelOffer]:
    """Return the kernels that plugins offer for a combination of components, in the order in which pluggy calls hooks.

    If the hook of a plugin fails, an offer with the plugin's name takes its place, which cannot be prepared. So a run takes the next offer with a
    warning, and a user who named this kernel reads why it cannot be used.
    """
    # pluggy's own call of a hook would end at the first implementation that raises, so each is called by itself.
    offers = []
    # pluggy calls the implementation that was registered last first.
    for implementation in reversed(hook.get_hookimpls()):
        name = implementation.plugin_name
        # As pluggy does: an implementation gets the arguments that it names.
        arguments = {key: combination[key] for key in implementation.argnames if key in combination}
        try:
            offer: object = call_foreign(implementation.function, **arguments)
        except ForeignCodeError as error:
            offers.append(_broken(name, f"its hook raised {describe_with_place(error.raised)}"))
            continue
        if isinstance(offer, KernelOffer):
            offers.append(offer)
        elif offer is not None:
            offers.append(_broken(name, f"it offered {_repr(offer)}, which is no KernelOffer"))
    return offers


def _broken(name: str, problem: str) -> KernelOffer:
    def make(*components: object) -> NoReturn:
        raise PluginLoadError(problem, plugin=name)

    def prepare(announce: Callable[[str], Any]) -> None:
        raise PluginLoadError(problem, plugin=name)

    return KernelOffer(name=name, summary=problem, factory=make, prepare=prepare)
