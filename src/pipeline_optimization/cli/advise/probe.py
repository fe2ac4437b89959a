"""A probe: runs a pipeline for some seconds, one element after the other, to see how long its work takes."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence

import click
from attrs import evolve

from pipeline_optimization.cli.pipeline_option import found_pipeline
from pipeline_optimization.cli.run.progress import total_bytes
from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.errors import OptionError
from pipeline_optimization.foresight.observed import Observation, observed
from pipeline_optimization.pipeline.model.inputs import Values
from pipeline_optimization.pipeline.plan import RunOptions
from pipeline_optimization.pipeline.run import execute
from pipeline_optimization.registry import Registry
from pipeline_optimization.sources import expand_inputs

__all__ = ["probed"]


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
    """Run a pipeline for some seconds, and return what that shows of the whole run.

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
        execute(found.plan(registry, options), sources, registry)
        seen = observed(events, registry)
    if items is not None:
        return evolve(seen, work=seen.work.scaled(items))
    if seen.work.is_count_known:
        return seen
    whole = total_bytes(sources)
    if not 0 < seen.bytes_read < whole:
        note = (
            "The sizes of the inputs do not tell how much there is to do; --items N says how many elements there are."
        )
        return evolve(seen, notes=[*seen.notes, note])
    elements = max(1, round(seen.work.elements * whole / seen.bytes_read))
    note = f"The probe read {seen.bytes_read:,} of {whole:,} bytes; the rest is taken to be like them: {elements:,} elements in all."
    return evolve(seen, work=seen.work.scaled(elements), notes=[*seen.notes, note])
