"""Finds plugins by entry point and registers them, one broken plugin never disturbing the rest.

Not pluggy's own loader: it lets a broken import end the host, and of two plugins with one name it drops one in silence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points

import pluggy

from pipeline_optimization.hookspecs import PROJECT
from pipeline_optimization.registry.records import PluginRecord

__all__ = ["find_entry_points", "register_all"]

CORE = "pipeline-optimization"


def find_entry_points() -> Sequence[EntryPoint]:
    """Return the installed plugins' entry points, sorted by distribution and name, without importing any.

    The core comes first, so that nobody can take a built-in name from it. A distribution that stands twice on ``sys.path`` (say, installed and editable) counts once, the first on the path.
    """
    found: dict[tuple[str, str], EntryPoint] = {}
    for entry in entry_points(group=PROJECT):
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


def _record(entry: EntryPoint, **facts: object) -> PluginRecord:
    version = entry.dist.version if entry.dist is not None else "?"
    return PluginRecord(
        name=entry.name,
        distribution=_distribution(entry),
        version=version,
        module=entry.value,
        **facts,  # type: ignore[arg-type]  # the callers below pass fields of the record
    )


def _conflict(entry: EntryPoint, entries: Sequence[EntryPoint]) -> PluginRecord:
    providers = " and ".join(_record(e, status="conflict").provider for e in entries)
    return _record(
        entry,
        status="conflict",
        error=f"The plugin name {entry.name!r} is claimed by {providers}. Uninstall one of them.",
    )


def _register(manager: pluggy.PluginManager, entry: EntryPoint, name: str) -> PluginRecord:
    try:
        module = entry.load()
    except Exception as error:  # noqa: BLE001 - whatever a plugin's import raises is that plugin's failure
        return _failed(entry, f"Importing {entry.value} failed: {type(error).__name__}: {error}", error)
    try:
        manager.register(module, name=name)
        unknown = _unknown_hooks(manager, module)
        if unknown:
            manager.unregister(name=name)
            return _failed(entry, unknown)
    except Exception as error:  # noqa: BLE001 - as above
        return _failed(entry, f"Registering {entry.value} failed: {type(error).__name__}: {error}", error)
    hooks = sorted(caller.name for caller in manager.get_hookcallers(module) or ())
    return _record(entry, status="active", hooks=tuple(hooks))


def _failed(entry: EntryPoint, message: str, cause: BaseException | None = None) -> PluginRecord:
    return _record(entry, status="failed", error=message, cause=cause)


def _unknown_hooks(manager: pluggy.PluginManager, module: object) -> str:
    """Return what is wrong with a plugin whose hook names the core does not know; pluggy accepts them in silence."""
    known = [caller.name for caller in manager.get_hookcallers(module) or () if caller.has_spec()]
    unknown = [caller.name for caller in manager.get_hookcallers(module) or () if not caller.has_spec()]
    if not unknown:
        return ""
    specs = [name for name in vars(manager.hook) if name.startswith("anagram_") and name not in known + unknown]
    close = get_close_matches(unknown[0], specs, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return f"It implements unknown hooks: {', '.join(unknown)}.{hint}"
