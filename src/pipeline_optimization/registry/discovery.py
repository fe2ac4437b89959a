"""Finds plugins by entry point and registers them, one broken plugin never disturbing the rest.

Not pluggy's own loader: it lets a broken import end the host, and of two plugins with one name it drops one in silence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from typing import Literal

import pluggy
from attrs import evolve

from pipeline_optimization import hookspecs
from pipeline_optimization.registry.records import PluginRecord

__all__ = ["find_entry_points", "register_all"]

CORE = "pipeline-optimization"


def find_entry_points() -> Sequence[EntryPoint]:
    """Return the installed plugins' entry points, sorted by distribution and name, without importing any.

    The core comes first, so that nobody can take a built-in name from it. A distribution that stands twice on
    ``sys.path`` (say, installed and editable) counts once, the first on the path.
    """
    found: dict[tuple[str, str], EntryPoint] = {}
    for entry in entry_points(group=hookspecs.PROJECT):
        found.setdefault((_distribution(entry), entry.name), entry)
    return [found[key] for key in sorted(found, key=lambda key: (key[0] != CORE, key))]


def _distribution(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else "(unknown distribution)"


def register_all(manager: pluggy.PluginManager, found: Iterable[EntryPoint]) -> list[PluginRecord]:
    """Import and register plugins; return a record of each, the broken ones included."""
    claims: dict[str, list[EntryPoint]] = defaultdict(list)
    for entry in found:
        claims[entry.name].append(entry)
    records = []
    for name, entries in claims.items():
        if len(entries) > 1:
            records += [_conflict(entry, entries) for entry in entries]
        else:
            records.append(_register(manager, entries[0], name))
    return records


def _record(entry: EntryPoint, status: Literal["active", "failed", "conflict"]) -> PluginRecord:
    return PluginRecord(
        name=entry.name,
        distribution=_distribution(entry),
        version=entry.dist.version if entry.dist is not None else "?",
        module=entry.value,
        status=status,
    )


def _conflict(entry: EntryPoint, entries: Sequence[EntryPoint]) -> PluginRecord:
    providers = " and ".join(_record(e, "conflict").provider for e in entries)
    error = f"The plugin name {entry.name!r} is claimed by {providers}. Uninstall one of them."
    return evolve(_record(entry, "conflict"), error=error)


def _register(manager: pluggy.PluginManager, entry: EntryPoint, name: str) -> PluginRecord:
    try:
        module = entry.load()
    except Exception as error:  # noqa: BLE001 - whatever a plugin's import raises is that plugin's failure
        return _failed(entry, f"Importing {entry.value} failed: {type(error).__name__}: {error}", error)
    try:
        manager.register(module, name=name)
    except Exception as error:  # noqa: BLE001 - as above
        return _failed(entry, f"Registering {entry.value} failed: {type(error).__name__}: {error}", error)
    callers = manager.get_hookcallers(module) or []
    unknown = [caller.name for caller in callers if not caller.has_spec()]
    if unknown:
        manager.unregister(name=name)
        return _failed(entry, _unknown_hooks(unknown))
    return evolve(_record(entry, "active"), hooks=tuple(sorted(caller.name for caller in callers)))


def _failed(entry: EntryPoint, message: str, cause: BaseException | None = None) -> PluginRecord:
    return evolve(_record(entry, "failed"), error=message, cause=cause)


def _unknown_hooks(unknown: Sequence[str]) -> str:
    """Return what is wrong with a plugin whose hook names the core does not know; pluggy accepts them in silence."""
    known = [name for name in vars(hookspecs) if name.startswith("anagram_")]
    close = get_close_matches(unknown[0], known, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return f"It implements unknown hooks: {', '.join(unknown)}.{hint}"
