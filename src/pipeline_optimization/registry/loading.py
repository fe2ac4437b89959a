"""Records of plugins before any is imported; then imports one and registers it, so that a broken one disturbs nobody.

Not pluggy's own loader: it lets a broken import end the host, and of two plugins with one name it drops one in silence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pluggy
from attrs import evolve

from pipeline_optimization import hookspecs
from pipeline_optimization.error_text import describe_with_place
from pipeline_optimization.foreign_code import ForeignCodeError, call_foreign, speaking
from pipeline_optimization.registry.entries import PluginEntry
from pipeline_optimization.registry.offers import Key
from pipeline_optimization.registry.records import KINDS, Kind, PluginRecord
from pipeline_optimization.registry.selection import Selection
from pipeline_optimization.spelling_hint import did_you_mean
from pipeline_optimization.types import Component

__all__ = ["adopt", "import_plugin", "initial_records"]


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
