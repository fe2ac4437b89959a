"""``--vary``: what is compared head to head besides orchestrators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
from attrs import frozen

from pipeline_optimization.benchmarks.axes import KINDS, Axis, effect_on, parse_axes
from pipeline_optimization.cli.compare.options import CommonOptions
from pipeline_optimization.registry import Registry

if TYPE_CHECKING:
    from pipeline_optimization.benchmarks.contenders import Contender
    from pipeline_optimization.benchmarks.inputs import BenchmarkCase

__all__ = ["KINDS", "Variation"]


@frozen(kw_only=True)
class Variation:
    """The axes of a comparison. ``orchestrators`` are those that ``--vary orchestrator=NAME,NAME`` names."""

    axes: Sequence[Axis]
    orchestrators: Sequence[str]

    @classmethod
    def parse(cls, texts: Sequence[str]) -> Variation:
        """Parse the values of ``--vary``. Raises UsageError."""
        axes = parse_axes(texts)
        named = [name for axis in axes if axis.is_orchestrator for name in axis.values]
        return cls(axes=[axis for axis in axes if not axis.is_orchestrator], orchestrators=named)

    def __bool__(self) -> bool:
        return bool(self.axes)

    @property
    def needs_calm(self) -> bool:
        """Return whether kernels are compared. These are used only if no stage waits or fails."""
        return any(axis.kind == "kernel" for axis in self.axes)

    @property
    def is_about_retries(self) -> bool:
        """Return whether only retry policies are compared. They make no difference if nothing fails."""
        return bool(self.axes) and all(axis.kind == "retry" for axis in self.axes)

    def of(self, registry: Registry, contenders: Sequence[Contender], options: CommonOptions) -> list[Contender]:
        """Return the contenders in all variants. Raises UsageError for names and options that are wrong."""
        from pipeline_optimization.benchmarks.anagrams.components import AnagramAxes  # noqa: PLC0415 - as above
        from pipeline_optimization.benchmarks.pipelines.axes import PipelineAxes  # noqa: PLC0415 - --help is quick without it
        from pipeline_optimization.benchmarks.variants import vary  # noqa: PLC0415 - as above

        is_scan = options.scan is not None and options.scan[0] == "workers"
        if is_scan and any((axis.kind, axis.key) == ("orchestrator", "workers") for axis in self.axes):
            raise click.UsageError("--scan workers and --vary orchestrator.workers exclude each other.")
        components = AnagramAxes(registry, _announce) if options.pipeline is None else PipelineAxes()
        return vary(registry, contenders, self.axes, retry=options.retry_settings(registry), components=components)

    def notes_on(self, cases: Sequence[BenchmarkCase]) -> list[str]:
        """Return a note for each axis that has no effect in some of the cases. Raises UsageError if one has no effect in any of them."""
        return effect_on(self.axes, cases)


def _announce(what: str) -> None:
    click.echo(what, err=True)
