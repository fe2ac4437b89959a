"""What is known of plugins before any of them is imported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from attrs import evolve

from pipeline_optimization.registry.entries import PluginEntry
from pipeline_optimization.registry.records import PluginRecord
from pipeline_optimization.registry.selection import Selection

__all__ = ["initial_records"]


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
