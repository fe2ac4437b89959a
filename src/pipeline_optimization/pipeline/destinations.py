"""The destination of a result's rows, as the user named it: a file, or a sink."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from attrs import frozen

from pipeline_optimization.errors import OptionError
from pipeline_optimization.pipeline.plan import NO_OPTIONS, RunPlan
from pipeline_optimization.registry import Registry
from pipeline_optimization.sinks.names import SINK_OF_SUFFIX
from pipeline_optimization.sources import Source, checkpoint_files, first_same, overwritten
from pipeline_optimization.types import Sink

__all__ = ["Destination", "check_destination", "file_destination", "named_destination"]


@frozen(kw_only=True, eq=False, repr=False)
class Destination:
    """The sink that the rows of a result go to.

    Attributes:
        name: The sink's name.
        sink: The sink.
        files: The files that it writes, as far as they are known.
        writes: The addresses at which its rows are found, as far as they are known.
    """

    name: str
    sink: Sink
    files: Sequence[str]
    writes: Sequence[str]

    @classmethod
    def of(cls, name: str, sink: Sink) -> Self:
        """Return a sink as a destination. Its attribute ``files`` tells which files it writes, or else its attribute ``writes`` the addresses."""
        files: Sequence[str] = getattr(sink, "files", ())
        writes = getattr(sink, "writes", [os.path.abspath(one) for one in files[:1]])
        return cls(name=name, sink=sink, files=files, writes=writes)


def named_destination(registry: Registry, label: str, options: Mapping[str, object] = NO_OPTIONS) -> Destination:
    """Build the sink ``NAME`` or ``NAME:VALUE``. Raises UsageError and PluginError."""
    choice = registry.sink(label, options)
    return Destination.of(choice.component.name, choice.build())


def file_destination(registry: Registry, path: str) -> Destination:
    """Return the sink that writes a file. Raises OptionError if the file's suffix is not known."""
    name = SINK_OF_SUFFIX.get(Path(path).suffix.lower())
    if name is None:
        raise OptionError(f"The suffix of {path!r} is not known: let its name end in {', '.join(SINK_OF_SUFFIX)}.")
    return named_destination(registry, f"{name}:{path}")


def check_destination(plan: RunPlan[Any], sources: Sequence[Source]) -> None:
    """Raise OptionError if a sink would write over what the run reads, over its checkpoint, or over its events."""
    assert plan.sink is not None
    files, options = plan.sink.files, plan.options
    if (taken := overwritten(files, sources, plan.job.files)) is not None:
        raise OptionError(f"The results would take the place of an input: {taken!r}. Name another file.")
    if options.events is not None and (taken := first_same(files, [options.events])) is not None:
        raise OptionError(f"The results would take the place of the events: {taken!r}. Name another file.")
    if (taken := first_same(files, checkpoint_files(options.checkpoint))) is not None:
        raise OptionError(f"The checkpoint cannot be the output too: {taken!r}. Name another file.")
