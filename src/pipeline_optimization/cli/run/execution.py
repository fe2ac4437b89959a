"""Runs a plan for a command, whatever the plan computes: its inputs, its output, its progress, and its end by a signal."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, TypeVar

import click
from attrs import evolve

from pipeline_optimization.cli.exit_codes import HUNG_UP, INTERRUPTED, STOPPED, TERMINATED
from pipeline_optimization.cli.foreign_output import noise_on_standard_error
from pipeline_optimization.cli.run.progress import ProgressLine
from pipeline_optimization.engine.stopping import Stop
from pipeline_optimization.error_text import describe_with_place
from pipeline_optimization.errors import AnagramError, OrchestratorError, ResourceError, UsageError
from pipeline_optimization.foreign_code import is_of
from pipeline_optimization.pipeline.job import Job
from pipeline_optimization.pipeline.plan import RunPlan
from pipeline_optimization.pipeline.run import execute
from pipeline_optimization.registry import Registry
from pipeline_optimization.signal_mask import STOP_SIGNALS
from pipeline_optimization.sinks.names import files_of
from pipeline_optimization.sources import Source, checkpoint_files, expand_inputs, first_same, overwritten

__all__ = ["execute_with_progress", "input_sources", "stop_code", "with_output"]

R = TypeVar("R")
J = TypeVar("J", bound=Job[Any])


def input_sources(inputs: Sequence[str], checkpoint: str | None, output: str) -> Sequence[Source]:
    """Return the sources of the inputs. Files that this run, or the run that it goes on with, writes into their directories are left out."""
    own = [*checkpoint_files(checkpoint), *([] if output == "-" else files_of(output))]
    return expand_inputs(inputs, without=own, note=lambda note: click.echo(note, err=True))


def with_output(plan: RunPlan[J], output: str, sources: Sequence[Source]) -> RunPlan[J]:
    """Return the plan with the place where its result goes. Raises UsageError if that is an input, the checkpoint or the file of events."""
    if output == "-":
        return plan
    events = plan.options.events
    if events is not None and first_same([output], [events]) is not None:
        raise UsageError(f"The results would take the place of the events: {output!r}. Name another --output.")
    if first_same([output], checkpoint_files(plan.options.checkpoint)) is not None:
        raise UsageError(f"The checkpoint cannot be the output too: {output!r}. Name another --output.")
    if overwritten([output], sources, plan.job.files):
        raise UsageError(f"The results would take the place of an input: {output!r}. Name another --output.")
    return evolve(plan, writes=[os.path.abspath(output)])


def execute_with_progress(plan: RunPlan[Job[R]], sources: Sequence[Source], registry: Registry) -> R:
    """Run a plan, show its progress, and let signals stop it.

    Raises:
        ResourceError: If the system refuses what the run needs, such as files or processes.
        OrchestratorError: If the orchestrator or the retry policy raised something.
        AnagramError: As the run itself does.
    """
    command = click.get_current_context(silent=True)
    mode = "auto" if command is None else command.params.get("progress", "auto")
    with ProgressLine(sources, mode) as progress, noise_on_standard_error():
        try:
            return execute(plan, sources, registry, on_progress=progress.show, signals=STOP_SIGNALS)
        except OSError as error:
            raise ResourceError(f"The system refused what the run needs: {error}.") from error
        except AnagramError:
            raise
        except Exception as error:
            if not is_of(error, type(plan.executor.orchestrator).__module__, plan.retry.component.factory.__module__):
                raise
            raise OrchestratorError(
                f"The orchestrator {plan.executor.name!r} or the retry policy {plan.retry.label!r} failed: "
                f"{describe_with_place(error)}."
            ) from error


def stop_code(stop: Stop) -> int:
    """Return the exit code of a run that was stopped."""
    return {"interrupted": INTERRUPTED, "terminated": TERMINATED, "hung_up": HUNG_UP}.get(stop.kind, STOPPED)
