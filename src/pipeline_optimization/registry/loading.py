"""Records of plugins before any is imported; imports them, so that a broken one disturbs nobody; and who offers what."""

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
from pipeline_optimization.registry.records import PluginRecord
from pipeline_optimization.spelling_hint import did_you_mean
from pipeline_optimization.types import Component, KernelOffer

__all__ = ["Key", "Offer", "Offers", "adopt", "import_plugin", "initial_records", "kernel_offers"]


def initial_records(entries: Sequence[PluginEntry], selection: Selection) -> list[PluginRecord]:
    """Return a record for each entry: whether it is switched off, and whether another one claims its name too."""
    reasons = [selection.reason_against(entry) for entry in entries]
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
    choice = " or ".join(f"--no-plugin {entry.path or entry.distribution}" for entry in rivals)
    return (
        f"The plugin name {rivals[0].name!r} is claimed by {providers}. Uninstall one of them, or choose with {choice}."
    )


def import_plugin(manager: pluggy.PluginManager, entry: PluginEntry, record: PluginRecord) -> PluginRecord:
    """Import and register a plugin; return its record, ``active``, or ``failed`` with the reason."""
    step = "Importing"
    try:
        with speaking(record.name):
            module = call_foreign(entry.load)
            step = "Registering"
            call_foreign(manager.register, module, name=record.name)
    except ForeignCodeError as error:
        return _failed(record, f"{step} {entry.module} failed: {describe_with_place(error.raised)}", error.raised)
    return evolve(record, status="active")


def adopt(
    manager: pluggy.PluginManager, record: PluginRecord
) -> tuple[PluginRecord, Mapping[Key, Component[Any, Any]]]:
    """Ask a registered plugin what it offers; one whose hooks misbehave is taken out again, and offers nothing."""
    plugin = manager.get_plugin(record.name)
    callers = manager.get_hookcallers(plugin) or []
    record = evolve(record, hooks=tuple(sorted(caller.name for caller in callers)))
    unknown = [caller.name for caller in callers if not caller.has_spec()]
    if unknown:
        manager.unregister(name=record.name)
        return _failed(evolve(record, hooks=()), _unknown_hooks(unknown)), {}
    offers: dict[Key, Component[Any, Any]] = {}
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
    implementation = getattr(plugin, hook, None)
    return () if implementation is None else list(implementation())


def _collect(offers: dict[Key, Component[Any, Any]], kind: Kind, hook: str, offered: Sequence[object]) -> str:
    """Add what a hook returned to the offers; return what is wrong with it, or nothing."""
    for component in offered:
        if not isinstance(component, Component):
            return f"{hook} returned {_repr(component)}, which is no Component"
        if (kind, component.name) in offers:
            return f"{hook} returned two components called {component.name!r}"
        offers[kind, component.name] = component
    return ""


def _repr(thing: object) -> str:
    try:
        return call_foreign(repr, thing)
    except ForeignCodeError:
        return f"an object of {type(thing).__qualname__}"


def _failed(record: PluginRecord, message: str, cause: BaseException | None = None) -> PluginRecord:
    return evolve(record, status="failed", error=message, cause=cause)


def _unknown_hooks(unknown: Sequence[str]) -> str:
    """Return what is wrong with a plugin whose hook names the core does not know; pluggy accepts them in silence."""
    known = [name for name in vars(hookspecs) if name.startswith("anagram_")]
    hint = did_you_mean(unknown[0], known)
    return f"It implements unknown hooks: {', '.join(unknown)}.{hint}"


Key = tuple[Kind, str]


class Offer(NamedTuple):
    """A component with the plugin that brings it."""

    provider: PluginRecord
    component: Component[Any, Any]
    is_privileged: bool = False


class Offers:
    """The components of the plugins imported so far.

    The outcome does not depend on the order in which they were: of several claims to a name, the core's and the
    program's own go first, then that of the plugin that is called like its component, and any others are a conflict.
    """

    def __init__(self) -> None:
        self._offers: dict[Key, list[Offer]] = {}

    def add(
        self, provider: PluginRecord, components: Mapping[Key, Component[Any, Any]], *, is_privileged: bool
    ) -> None:
        for key, component in components.items():
            offers = [*self._offers.get(key, []), Offer(provider, component, is_privileged)]
            self._offers[key] = sorted(offers, key=lambda offer: offer.provider.name)

    def remove(self, provider: PluginRecord) -> None:
        kept = {key: [one for one in offers if one.provider != provider] for key, offers in self._offers.items()}
        self._offers = {key: offers for key, offers in kept.items() if offers}

    def of(self, provider: str) -> list[tuple[Kind, Component[Any, Any]]]:
        """Return what the plugin of that name offers."""
        return [
            (key[0], offer.component)
            for key, offers in self._offers.items()
            for offer in offers
            if offer.provider.name == provider
        ]

    def names(self, kind: Kind) -> list[str]:
        return sorted(name for k, name in self._offers if k == kind)

    def claims(self, key: Key) -> list[Offer]:
        """Return the offers with the best claim to a name: one where it is clear whose it is, none if nobody's."""
        offers = self._offers.get(key, [])
        privileged = [offer for offer in offers if offer.is_privileged]
        namesakes = [offer for offer in offers if offer.provider.name == key[1]]
        return privileged[:1] or namesakes or offers

    def problem(self, provider: PluginRecord) -> str:
        """Return which of a plugin's names others claim, and what to do about it; nothing where all is well."""
        return " ".join(
            _conflict(key, offers, self.claims(key))
            for key, offers in sorted(self._offers.items())
            if len(offers) > 1
            and any(offer.provider == provider for offer in offers)
            and [offer.provider for offer in self.claims(key)] != [provider]
        )

    def conflict(self, key: Key) -> str:
        """Return the sentence about a name that several plugins claim alike."""
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
    """Return what the plugins offer for a combination, in the order in which pluggy calls them.

    A plugin whose hook fails stands there as an offer under its own name, which cannot be prepared: so it gives way to the next
    one with a warning, and whoever names it is told why.
    """
    offers = []
    for implementation in reversed(hook.get_hookimpls()):
        name = implementation.plugin_name
        arguments = {key: combination[key] for key in implementation.argnames if key in combination}
        try:
            offer: object = call_foreign(implementation.function, **arguments)
        except ForeignCodeError as error:
            offers.append(_broken(name, f"its hook raised {describe_with_place(error.raised)}"))
            continue
        if isinstance(offer, KernelOffer):
            offers.append(offer)
        elif offer is not None:
            offers.append(_broken(name, f"it offered {offer!r}, which is no KernelOffer"))
    return offers


def _broken(name: str, problem: str) -> KernelOffer:
    def make(*components: object) -> NoReturn:
        raise PluginLoadError(problem, plugin=name)

    def prepare(announce: Callable[[str], Any]) -> None:
        raise PluginLoadError(problem, plugin=name)

    return KernelOffer(name=name, summary=problem, factory=make, prepare=prepare)
