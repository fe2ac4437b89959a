"""Runs a user's own pipeline for ``anagram run --pipeline``, and writes its result."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

import click

from pipeline_optimization.cli.exit_codes import COMPLETE, INCOMPLETE
from pipeline_optimization.cli.run.execution import execute_with_progress, stop_code, with_output
from pipeline_optimization.cli.run.outcomes import TABLE_ROWS
from pipeline_optimization.cli.run.recording import Recording
from pipeline_optimization.cli.run.result_rows import ResultRows
from pipeline_optimization.cli.run.result_target import ResultTarget
from pipeline_optimization.engine.stopping import Stop
from pipeline_optimization.error_text import place_in, shortened
from pipeline_optimization.errors import UsageError
from pipeline_optimization.output import open_output
from pipeline_optimization.pipeline.model.finding import FoundPipeline
from pipeline_optimization.pipeline.model.inputs import Values
from pipeline_optimization.pipeline.model.report import PipelineReport
from pipeline_optimization.pipeline.plan import RunOptions
from pipeline_optimization.plural import counted
from pipeline_optimization.printable import printable
from pipeline_optimization.registry import Registry
from pipeline_optimization.shell_quoting import quoted
from pipeline_optimization.sinks.names import PARTIAL
from pipeline_optimization.sources import Source
from pipeline_optimization.types import ErrorRecord

__all__ = ["run_pipeline"]

UNSENDABLE = "UnsendableError"
"""The type of the errors of elements that cannot be tried again."""

SAID = 500
"""Characters of an error's message on standard error, at most. The report has the whole message."""


def run_pipeline(
    registry: Registry,
    found: FoundPipeline,
    options: RunOptions,
    sources: Sequence[Source],
    *,
    target: ResultTarget,
    kept: Recording,
    resume: str,
    retry: str,
) -> int:
    """Run a pipeline, write its result, and return the exit code.

    Args:
        registry: The plugins that there are.
        found: The pipeline.
        options: The options of the run.
        sources: The inputs.
        target: Where the result goes.
        kept: Keeps the report, if the user asked for a record.
        resume: The command that goes on with a stopped run.
        retry: The command that tries failed elements again.
    """
    pipeline = found.pipeline
    if isinstance(pipeline.input, Values):
        raise UsageError(
            f"The pipeline {pipeline.name!r} runs over values of a program, with run(). Here it needs lines(), say."
        )
    if not sources:
        raise UsageError(f"The pipeline {pipeline.name!r} needs an input: name files, or - for standard input.")

    destination = target.destination(registry, pipeline, options)
    plan = with_output(found.plan(registry, options, sink=destination), target.path, sources)
    form, output = target.format, target.path
    if destination is not None and target.sink is None:
        report: PipelineReport[Any] = execute_with_progress(plan, sources, registry)
        problems = _problems(report)
        click.echo(_delivered(report, output), err=True)
    else:
        with open_output(output) as stream:
            report = execute_with_progress(plan, sources, registry)
            problems = _problems(report)
            with _all_digits():
                _write(report, problems, stream, form=form, top=target.top)
    kept.keep(report)
    if form != "table" or output != "-":
        for line in (*(f"Warning: {warning}" for warning in report.warnings), *problems):
            click.echo(printable(line), err=True)
    if options.checkpoint is not None and report.stop is not None:
        click.echo(f"Finished elements are in {quoted(options.checkpoint)}. Go on with: {resume}", err=True)
    elif options.checkpoint is not None and _can_try_again(report):
        click.echo(f"Try the failed elements again with: {retry}", err=True)
    return (INCOMPLETE if problems else COMPLETE) if report.stop is None else stop_code(report.stop)


def _delivered(report: PipelineReport[Any], path: str) -> str:
    rows = counted(report.delivered or 0, "row")
    if report.stop is None:
        return f"Delivered {rows} to {quoted(path)}."
    return f"{rows} so far are in {quoted(path + PARTIAL)}."


def _problems(report: PipelineReport[Any]) -> list[str]:
    """Return a sentence or two for each thing that is wrong."""
    found = []
    if report.stop is not None:
        found.append(f"Stopped: {report.stop.reason}. {_cause(report.stop)}The result covers only what was finished.")
    for (task, error), count in report.failures.items():
        first = next((one for one in report.failed_items if (one.task, one.error.type) == (task, error)), None)
        if first is None:  # so many failed that only some are kept by name
            found.append(f"Incomplete: {counted(count, 'element')} failed for good at {task} ({error}).")
            continue
        found.append(
            f"Incomplete: {counted(count, 'element')} failed for good at {task} ({_described(first.error)}), the first at "
            f"{first.place}.{_advice(report, task, error, count)}"
        )
    return found


def _can_try_again(report: PipelineReport[Any]) -> bool:
    """Return whether some of the failed elements may get through another attempt."""
    return any(error != UNSENDABLE for _, error in report.failures)


def _cause(stop: Stop) -> str:
    """Return a sentence about the failure that stopped a run, if one did."""
    if stop.error is None or not stop.place:
        return ""
    return f"The last one at {stop.place} ({_described(stop.error)}). "


def _described(error: ErrorRecord) -> str:
    place = place_in(error.traceback)
    message = shortened(" ".join(error.message.split()), SAID)
    return f"{error.type}: {message}" + (f"; {place}" if place else "")


def _advice(report: PipelineReport[Any], task: str, error: str, count: int) -> str:
    """Return what to do if no element got through a step; its function is most likely wrong then."""
    stats = report.tasks.get(task)  # None if all failures at the step are of an earlier run
    # Only rows that a sink refuses are items of ``deliver``; the other rows are written. An UnsendableError says itself what to do.
    has_own_advice = error in {"RefusedRow", UNSENDABLE}
    is_all = count > 1 and stats is not None and stats.items == count and not has_own_advice
    return (
        " No element got through it: mend the function first; --retry none shows at once whether it works."
        if is_all
        else ""
    )


@contextmanager
def _all_digits() -> Iterator[None]:
    """Let integers of any size be written. Python's limit protects programs that get numbers from strangers; a result is the user's own."""
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        yield
    finally:
        sys.set_int_max_str_digits(limit)


def _write(report: PipelineReport[Any], problems: Sequence[str], stream: TextIO, *, form: str, top: int | None) -> None:
    if form == "json":
        json.dump(report.to_dict(), stream, indent=2)
        stream.write("\n")
        return
    result = report.result if report.delivered is None else []
    rows = ResultRows.of(result, TABLE_ROWS if form == "table" and top is None else top)
    if form == "table":
        from pipeline_optimization.cli.run.tables import print_pipeline  # noqa: PLC0415 - rich takes long to import

        print_pipeline(report, rows, problems, stream)
    elif form == "csv":
        rows.write_csv(stream)
    else:
        rows.write_lines(stream)
