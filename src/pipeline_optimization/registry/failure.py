"""The errors for plugins that cannot be used, and for names that no plugin offers."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pipeline_optimization.errors import PluginConflictError, PluginLoadError, UnknownComponentError
from pipeline_optimization.kinds import DISTRIBUTION_OF, Kind
from pipeline_optimization.registry.plugin_records import PluginRecord
from pipeline_optimization.spelling_hint import did_you_mean

__all__ = ["hint_about", "raise_unusable", "unknown_component", "unusable"]


def unusable(record: PluginRecord) -> str:
    """Return the error text for a plugin that cannot be used."""
    return f"Plugin {record.name!r} ({record.provider}) cannot be used. {record.error}"


def raise_unusable(record: PluginRecord, *, besides: Collection[str] = ()) -> None:
    """Raise the error of a plugin, if it has one.

    Args:
        record: What is known of the plugin.
        besides: The statuses for which nothing is raised.

    Raises:
        PluginConflictError: If other plugins claim the same name.
        PluginLoadError: If the plugin cannot be used for another reason.
    """
    if not record.error or record.status in besides:
        return
    message = unusable(record)
    if record.status == "conflict":
        raise PluginConflictError(message, plugin=record.name, providers=[record.provider])
    raise PluginLoadError(message, plugin=record.name) from record.cause


def unknown_component(
    kind: Kind, name: str, installed: Sequence[str], unreadable: Sequence[PluginRecord] = ()
) -> UnknownComponentError:
    """Return the error for a name that no plugin offers. It says what to install, or which name is similar.

    Args:
        kind: The kind of component.
        name: The name that the user gave.
        installed: The names that plugins offer.
        unreadable: The distributions with broken metadata. One of them may be the one that would offer the name.
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


def hint_about(kind: str, name: str, installed: Sequence[str]) -> str:
    """Return a hint for a name that no plugin offers: what to install, or a similar name. It begins with a space unless it is empty."""
    if distribution := DISTRIBUTION_OF.get((kind, name)):
        from pipeline_optimization.registry.installing import how_to_install  # noqa: PLC0415 - for this error only

        return f" It comes with {distribution}: {how_to_install(distribution, direct_url=_direct_url())}."
    return did_you_mean(name, installed)


def _direct_url() -> str | None:
    """Return the text of ``direct_url.json`` (PEP 610), in which installers say where the core came from; None if there is none."""
    from importlib.metadata import distribution  # noqa: PLC0415 - for mistakes only

    try:
        return distribution("pipeline-optimization").read_text("direct_url.json")
    except Exception:  # noqa: BLE001 - this is a hint only, and metadata may be broken in any way
        return None
