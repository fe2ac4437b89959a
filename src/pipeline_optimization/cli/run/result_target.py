"""Where a pipeline's result goes: it is shown on standard output, written whole, or delivered row by row."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from attrs import field, frozen

from pipeline_optimization.cli.run.options import (
    format_of,
)
from pipeline_optimization.errors import OptionError
from pipeline_optimization.sinks.names import SINK_OF_SUFFIX

if TYPE_CHECKING:
    from pipeline_optimization.pipeline.destinations import Destination
    from pipeline_optimization.pipeline.model.steps import CompletePipeline
    from pipeline_optimization.pipeline.plan import RunOptions
    from pipeline_optimization.registry import Registry

__all__ = ["ResultTarget"]


@frozen(kw_only=True)
class ResultTarget:
    """The values of ``--output`` (``path``), ``--format`` (``form``), ``--top`` and ``--sink``, and the options of the sink."""

    path: str
    form: str | None
    top: int | None
    sink: str | None = None
    sink_options: Mapping[str, object] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        if self.sink_options and self.sink is None:
            raise click.UsageError(f"-o sink.{next(iter(self.sink_options))} is for a sink: name it with --sink.")

    @property
    def format(self) -> str:
        """Return the format of the result, or, if the rows go to a sink, that of the report."""
        return format_of(self.form, self.path)

    def destination(
        self, registry: Registry, pipeline: CompletePipeline[Any, Any], options: RunOptions
    ) -> Destination | None:
        """Return where rows are delivered, None if the result is written whole. Raises UsageError and PluginError.

        ``--output FILE`` delivers the rows of a pipeline that ends in ``collect()``. It writes them whole if ``--format`` or ``--top`` is given,
        or if the run goes on with a checkpoint that keeps values.
        """
        from pipeline_optimization.pipeline.destinations import file_destination, named_destination  # noqa: PLC0415 - for pipelines only
        from pipeline_optimization.pipeline.model.ends import Collect  # noqa: PLC0415 - as above

        if self.sink is not None:
            return named_destination(registry, self.sink, self.sink_options)
        if self.path == "-" or self.form is not None or self.top is not None or _is_special(self.path):
            return None
        suffix = Path(self.path).suffix.lower()
        if not isinstance(pipeline.end, Collect):
            if suffix == ".parquet":
                raise OptionError(
                    f"The pipeline {pipeline.name!r} ends in one result, and not in rows for {self.path!r}: let it end in .collect(), or name "
                    "a .csv or .json file."
                )
            return None
        if suffix not in SINK_OF_SUFFIX or _keeps_values(options):
            return None
        return file_destination(registry, self.path)


def _is_special(path: str) -> bool:
    """Return whether a path exists and is no regular file, such as a terminal or a pipe."""
    return os.path.exists(path) and not os.path.isfile(path)


def _keeps_values(options: RunOptions) -> bool:
    """Return whether the run goes on with a checkpoint of a run without a sink. A run that was killed before it wrote any fact had none."""
    if not options.resume or options.checkpoint is None or not os.path.exists(options.checkpoint):
        return False
    from pipeline_optimization.checkpoint import stored_fact  # noqa: PLC0415 - SQLite, for runs that use it only
    from pipeline_optimization.pipeline.checkpointing import SINK  # noqa: PLC0415 - as above
    from pipeline_optimization.pipeline.plan import PIPELINE_FACT  # noqa: PLC0415 - as above

    return stored_fact(options.checkpoint, PIPELINE_FACT) is not None and stored_fact(options.checkpoint, SINK) is None
