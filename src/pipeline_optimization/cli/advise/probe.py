"""A probe: runs a pipeline for some seconds, one element after the other, to see how long its work takes."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Sequence

import click
from attrs import define, evolve, field

from pipeline_optimization.cli.pipeline_option import found_pipeline
from pipeline_optimization.cli.run.progress import total_bytes
from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.errors import OptionError
from pipeline_optimization.foresight.observed import Observation, observed
from pipeline_optimization.pipeline.model.inputs import Values
from pipeline_optimization.pipeline.plan import RunOptions
from pipeline_optimization.pipeline.run import Progress, execute
from pipeline_optimization.registry import Registry
from pipeline_optimization.sources import expand_inputs

__all__ = ["probed"]

SHARE, LEAST = 0.02, 1.0
"""A probe ends with this share of the run, but not before it has taken this number of seconds: more of a short run would cost more than it tells."""


@define(eq=False)
class _Enough:
    """Knows whether a probe has seen its share of the run. It never has if nothing tells how long the run is.

    Args:
        whole: The bytes of the input, or 0 if they are not known.
        items: The elements of the input, or None if they are not known.
    """

    whole: int
    items: int | None
    _begun: float = field(factory=time.monotonic)
    _share: float = 0.0

    def note(self, progress: Progress) -> None:
        if self.items is not None:
            done = max((one.done for one in progress.by_task().values()), default=0)
            self._share = done / self.items
        elif 0 < progress.bytes_read < self.whole:
            self._share = progress.bytes_read / self.whole

    def is_reached(self) -> bool:
        return self._share >= SHARE and time.monotonic() - self._begun >= LEAST


def probed(
    registry: Registry,
    pipeline: str,
    inputs: Sequence[str],
    *,
    seconds: float,
    items: int | None,
    faults: str,
    latency_scale: float | None,
) -> Observation:
    """Run a pipeline for some seconds, or until it has seen a share of the run, and return what that shows of the whole run.

    ``items`` tells how much there is to do, or else the sizes of the files do, if all inputs are files that are not
    compressed. The results of the probe are dropped; the run itself makes all calls again.

    Raises:
        UsageError: If the pipeline cannot be run over these inputs.
        InputError: If the probe saw no attempt come to its end.
    """
    found = found_pipeline(pipeline, {}, registry)
    if isinstance(found.pipeline.input, Values):
        raise OptionError(
            f"The pipeline {found.pipeline.name!r} runs over values of a program; record a run of it, and name its events with --from."
        )
    sources = expand_inputs(inputs, note=lambda note: click.echo(note, err=True))
    whole = total_bytes(sources)
    enough = _Enough(whole, items)
    with tempfile.TemporaryDirectory(prefix="anagram-probe-") as directory:
        events = os.path.join(directory, "events.jsonl")
        options = RunOptions.called(
            {
                "orchestrator": "sequential",
                "limits": Limits(deadline=seconds, grace=0.0),
                "events": events,
                "faults": faults,
                "latency_scale": latency_scale,
            }
        )
        plan = found.plan(registry, options)
        execute(plan, sources, registry, on_progress=enough.note, should_stop=enough.is_reached)
        seen = observed(events, registry)
    if items is not None:
        return evolve(seen, work=seen.work.scaled(items))
    if seen.work.is_count_known:
        return seen
    if not 0 < seen.bytes_read < whole:
        note = (
            "The sizes of the inputs do not tell how much there is to do; --items N says how many elements there are."
        )
        return evolve(seen, notes=[*seen.notes, note])
    elements = max(1, round(seen.work.elements * whole / seen.bytes_read))
    note = f"The probe read {seen.bytes_read:,} of {whole:,} bytes; the rest is taken to be like them: {elements:,} elements in all."
    return evolve(seen, work=seen.work.scaled(elements), notes=[*seen.notes, note])
