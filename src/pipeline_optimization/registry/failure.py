"""What is said of plugins that cannot be used, and of names that nobody offers."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pipeline_optimization.errors import PluginConflictError, PluginLoadError, UnknownComponentError
from pipeline_optimization.registry.known import hint_about
from pipeline_optimization.registry.records import Kind, PluginRecord

__all__ = ["raise_unusable", "unknown_component", "unusable"]


def unusable(record: PluginRecord) -> str:
    """Return the sentence about a plugin that cannot be used."""
    return f"Plugin {record.name!r} ({record.provider}) cannot be used. {record.error}"


def raise_unusable(record: PluginRecord, *, besides: Collection[str] = ()) -> None:
    """Raise PluginLoadError or PluginConflictError for a plugin with an error, unless its status is in ``besides``."""
    if not record.error or record.status in besides:
        return
    message = unusable(record)
    if record.status == "conflict":
        raise PluginConflictError(message, plugin=record.name, providers=[record.provider])
    raise PluginLoadError(message, plugin=record.name) from record.cause


def unknown_component(
    kind: Kind, name: str, installed: Sequence[str], unreadable: Sequence[PluginRecord] = ()
) -> UnknownComponentError:
    """Return the error for a name that nobody offers, with what it could have been or what to install.

    ``unreadable`` are distributions with broken metadata, which may be those that would have offered it.
    """
    noun = kind.replace("_", " ")
    hint = hint_about(kind, name, installed)
    return UnknownComponentError(
        f"Unknown {noun} {name!r}.{hint} Installed: {', '.join(installed)}.{_about(unreadable)}",
        kind=kind,
        name=name,
        installed=installed,
    )


def _about(unreadable: Sequence[PluginRecord]) -> str:
    if not unreadable:
        return ""
    first = unreadable[0]
    whose = f"{first.distribution} {first.version}".strip() or first.origin
    more = f" and {len(unreadable) - 1} more" if len(unreadable) > 1 else ""
    return f" The metadata of {whose}{more} cannot be read: anagram plugins list."
