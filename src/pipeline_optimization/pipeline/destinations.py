"""Where the rows of a result go, by what a user named: a file, or a sink."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline_optimization.errors import OptionError
from pipeline_optimization.pipeline.plan import NO_OPTIONS, Destination
from pipeline_optimization.registry import Registry

__all__ = ["SINK_OF_SUFFIX", "file_destination", "named_destination"]

SINK_OF_SUFFIX: Mapping[str, str] = {".ndjson": "ndjson", ".jsonl": "ndjson", ".csv": "csv", ".json": "json"}
"""The sink that writes a file, by the file's suffix."""


def named_destination(registry: Registry, label: str, options: Mapping[str, object] = NO_OPTIONS) -> Destination:
    """Build a sink that is called ``NAME`` or ``NAME:VALUE``. Raises UsageError and PluginError."""
    choice = registry.sink(label, options)
    return Destination(name=choice.component.name, sink=choice.build())


def file_destination(registry: Registry, path: str) -> Destination:
    """Return the sink that writes a file. Raises OptionError for a suffix that says nothing."""
    name = SINK_OF_SUFFIX.get(Path(path).suffix.lower())
    if name is None:
        raise OptionError(
            f"Nobody knows how to write rows into {path!r}: let its name end in {', '.join(SINK_OF_SUFFIX)}."
        )
    return named_destination(registry, f"{name}:{path}")
