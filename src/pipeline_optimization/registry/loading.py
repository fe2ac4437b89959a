"""Imports one plugin and registers it, so that a broken one disturbs nobody.

Not pluggy's own loader: it lets a broken import end the host, and of two plugins with one name it drops one in silence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pluggy
from attrs import evolve

from pipeline_optimization import hookspecs
from pipeline_optimization.registry.entries import PluginEntry
from pipeline_optimization.registry.offers import Key
from pipeline_optimization.registry.records import KINDS, PluginRecord
from pipeline_optimization.spelling_hint import did_you_mean
from pipeline_optimization.types import Component

__all__ = ["adopt", "import_plugin"]


def import_plugin(manager: pluggy.PluginManager, entry: PluginEntry, record: PluginRecord) -> PluginRecord:
    """Import and register a plugin; return its record, ``active``, or ``failed`` with the reason."""
    try:
        module = entry.load()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a plugin's import raises is that plugin's failure
        return _failed(record, f"Importing {entry.module} failed: {type(error).__name__}: {error}", error)
    try:
        manager.register(module, name=record.name)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - as above
        return _failed(record, f"Registering {entry.module} failed: {type(error).__name__}: {error}", error)
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
    try:
        for kind, hook in KINDS.items():
            implementation = getattr(plugin, hook, None)
            for component in implementation() if implementation is not None else ():
                if not isinstance(component, Component):
                    raise TypeError(f"{hook} returned {component!r}, which is no Component")
                if (kind, component.name) in offers:
                    raise ValueError(f"{hook} returned two components called {component.name!r}")
                offers[kind, component.name] = component
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a plugin's hook raises is that plugin's failure
        manager.unregister(name=record.name)
        return _failed(record, f"{type(error).__name__}: {error}", error), {}
    return evolve(record, components=tuple(f"{kind}:{name}" for kind, name in offers)), offers


def _failed(record: PluginRecord, message: str, cause: BaseException | None = None) -> PluginRecord:
    return evolve(record, status="failed", error=message, cause=cause)


def _unknown_hooks(unknown: Sequence[str]) -> str:
    """Return what is wrong with a plugin whose hook names the core does not know; pluggy accepts them in silence."""
    known = [name for name in vars(hookspecs) if name.startswith("anagram_")]
    hint = did_you_mean(unknown[0], known)
    return f"It implements unknown hooks: {', '.join(unknown)}.{hint}"
