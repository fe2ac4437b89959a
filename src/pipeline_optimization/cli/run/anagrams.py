"""Runs what a command asked for, writes the results, and says how the process should end."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import click
from attrs import evolve, frozen

from pipeline_optimization.anagrams.cases import load_cases
from pipeline_optimization.anagrams.plan import AnagramOptions, make_plan
from pipeline_optimization.anagrams.report import RunReport
from pipeline_optimization.cli.exit_codes import COMPLETE, HUNG_UP, INCOMPLETE, INTERRUPTED, STOPPED, TERMINATED
from pipeline_optimization.cli.foreign_output import noise_on_standard_error
from pipeline_optimization.cli.run.outcomes import Outcome, Renderer
from pipeline_optimization.cli.run.progress import ProgressLine
from pipeline_optimization.cli.run.recording import Recording
from pipeline_optimization.engine.stopping import Stop
from pipeline_optimization.error_text import describe_with_place
from pipeline_optimization.errors import AnagramError, OrchestratorError, ResourceError, UsageError
from pipeline_optimization.foreign_code import is_of
from pipeline_optimization.output import open_output
from pipeline_optimization.pipeline.job import Job as RunJob
from pipeline_optimization.pipeline.plan import RunPlan
from pipeline_optimization.pipeline.run import execute
from pipeline_optimization.registry import Registry
from pipeline_optimization.shell_quoting import quoted
from pipeline_optimization.signal_mask import STOP_SIGNALS
from pipeline_optimization.sources import Source, TextSource, checkpoint_files, first_same, least_bytes, overwritten

__all__ = ["Job", "case_job", "execute_with_progress", "run_jobs", "stop_code", "with_output"]

R = TypeVar("R")
J = TypeVar("J", bound=RunJob[Any])


@frozen(kw_only=True)
class Job:
    """One run: its options, its input, and the counts that it should give (None: nobody knows)."""

    options: AnagramOptions
    sources: Sequence[Source]
    expected: Mapping[str, int] | None = None


def case_job(options: AnagramOptions) -> Job:
    """Return the run of the test case that the options name, with its expected counts."""
    case = load_cases()[options.faults.case]
    return Job(options=options, sources=[TextSource(case.text)], expected=dict(case.expected))


def run_jobs(
    registry: Registry,
    jobs: Sequence[Job],
    *,
    form: str,
    top: int | None,
    output: str,
    kept: Recording,
    resume: str = "",
) -> int:
    """Run the jobs and return the exit code. ``kept`` keeps their reports, and ``resume`` is the command that goes on with a stopped run.

    Everything is checked before anything runs.
    """
    with noise_on_standard_error():
        made = [(make_plan(registry, job.options, least_bytes=least_bytes(job.sources)), job) for job in jobs]
    plans = [(with_output(plan, output, job.sources), job) for plan, job in made]
    code = COMPLETE
    with open_output(output) as stream:
        renderer = Renderer(form, stream, top=top, has_many=len(plans) > 1)
        for plan, job in plans:
            report = execute_with_progress(plan, job.sources, registry)
            kept.keep(report)
            outcome = Outcome(report, job.expected)
            renderer.add(outcome)
            if form != "table" or output != "-":
                for warning in report.warnings:
                    click.echo(f"Warning: {warning}", err=True)
            if form != "table" or not _is_seen(output):
                for problem in outcome.problems:
                    click.echo(problem, err=True)
            _advise(report, resume)
            code = max(code, _code(outcome))
            if report.is_interrupted:
                break
        renderer.finish()
    return code


def _is_seen(output: str) -> bool:
    """Return whether who reads standard error sees the results as well: all of it would stand there twice."""
    return output == "-" and sys.stdout.isatty() and sys.stderr.isatty()


def with_output(plan: RunPlan[J], output: str, sources: Sequence[Source]) -> RunPlan[J]:
    """Return a plan that knows where its result goes. Raises UsageError where that would take the place of what is read, or of the checkpoint."""
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


def execute_with_progress(plan: RunPlan[RunJob[R]], sources: Sequence[Source], registry: Registry) -> R:
    """Run a plan with progress and signals. Raises ResourceError where the system has not enough of something."""
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


def _advise(report: RunReport, resume: str) -> None:
    """Say how to go on, if the run was stopped or gave something up, and kept what it finished."""
    if not report.checkpoint:
        return
    if report.stop is not None:
        click.echo(f"Finished items are in {quoted(report.checkpoint)}. Go on with: {resume}", err=True)
    elif report.failures:
        click.echo(f"Try the failed items again with: anagram retry {quoted(report.checkpoint)}", err=True)


def _code(outcome: Outcome) -> int:
    stop = outcome.report.stop
    if stop is None:
        return INCOMPLETE if outcome.problems else COMPLETE
    return stop_code(stop)


def stop_code(stop: Stop) -> int:
    """Return the exit code of a run that was stopped."""
    return {"interrupted": INTERRUPTED, "terminated": TERMINATED, "hung_up": HUNG_UP}.get(stop.kind, STOPPED)
