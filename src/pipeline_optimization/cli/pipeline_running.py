"""Runs a user's own pipeline for ``anagram run --pipeline``, and writes its result."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, TextIO, cast

import click

from pipeline_optimization.cli.exit_codes import COMPLETE, INCOMPLETE
from pipeline_optimization.cli.running import check_output, execute_with_progress, stop_code
from pipeline_optimization.errors import UsageError
from pipeline_optimization.output import open_output
from pipeline_optimization.pipeline.model.finding import FoundPipeline
from pipeline_optimization.pipeline.model.inputs import Values
from pipeline_optimization.pipeline.model.job import PipelineJob, plan_pipeline
from pipeline_optimization.pipeline.model.report import PipelineReport, plain
from pipeline_optimization.pipeline.plan import Executor, RunOptions, plan_run
from pipeline_optimization.plural import counted
from pipeline_optimization.registry import Registry
from pipeline_optimization.shell_quoting import quoted
from pipeline_optimization.sources import Source

__all__ = ["run_pipeline"]

TABLE_ROWS = 20
"""Rows of a result in a table where the user gave no number."""


def run_pipeline(
    registry: Registry,
    found: FoundPipeline,
    options: RunOptions,
    sources: Sequence[Source],
    *,
    form: str,
    top: int | None,
    output: str,
    resume: str,
    retry: str,
) -> int:
    """Run a pipeline, write its result, and return the exit code.

    ``resume`` is the command that goes on with a stopped run, ``retry`` the one that tries again what failed.
    """
    pipeline = found.pipeline
    if isinstance(pipeline.input, Values):
        raise UsageError(
            f"The pipeline {pipeline.name!r} runs over values of a program, with run(). Here it needs lines(), say."
        )
    if not sources:
        raise UsageError(f"The pipeline {pipeline.name!r} needs an input: name files, or - for standard input.")

    def plan_job(options: RunOptions, executor: Executor) -> PipelineJob[Any]:
        return plan_pipeline(pipeline, None, options, executor, modules=found.files, settings=found.options)

    plan = plan_run(registry, options, plan_job)
    check_output(output, plan, sources)
    with open_output(output) as stream:
        report: PipelineReport[Any] = execute_with_progress(plan, sources, registry)
        problems = _problems(report)
        _write(report, problems, stream, form=form, top=top)
    if form != "table" or output != "-":
        for line in (*(f"Warning: {warning}" for warning in report.warnings), *problems):
            click.echo(line, err=True)
    if options.checkpoint is not None and report.stop is not None:
        click.echo(f"Finished elements are in {quoted(options.checkpoint)}. Go on with: {resume}", err=True)
    elif options.checkpoint is not None and report.failures:
        click.echo(f"Try the failed elements again with: {retry}", err=True)
    return (INCOMPLETE if problems else COMPLETE) if report.stop is None else stop_code(report.stop)


def _problems(report: PipelineReport[Any]) -> list[str]:
    """Return what is wrong, a sentence each."""
    found = []
    if report.stop is not None:
        found.append(f"Stopped: {report.stop.reason}. The result covers only what was finished.")
    for (task, error), count in report.failures.items():
        first = next(failed for failed in report.failed_items if (failed.task, failed.error.type) == (task, error))
        found.append(
            f"Incomplete: {counted(count, 'element')} failed for good at {task} ({error}: {first.error.message}), the first at "
            f"{first.place}."
        )
    return found


def _write(report: PipelineReport[Any], problems: Sequence[str], stream: TextIO, *, form: str, top: int | None) -> None:
    if form == "table":
        from pipeline_optimization.cli.pipeline_table import print_pipeline  # noqa: PLC0415 - rich takes long to import

        limit = TABLE_ROWS if top is None else top
        rows, number = _rows(report.result, limit)
        print_pipeline(report, rows, number, problems, stream)
    elif form == "json":
        json.dump(report.to_dict(), stream, indent=2)
        stream.write("\n")
    else:
        rows, _ = _rows(report.result, top)
        _write_rows(rows, stream, form)


def _write_rows(rows: Sequence[Sequence[object]], stream: TextIO, form: str) -> None:
    if form == "csv":
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(encoding="utf-8")  # data do not depend on a locale
        csv.writer(stream, lineterminator="\n").writerows([[_cell(value) for value in row] for row in rows])
        return
    stream.writelines(json.dumps(plain(row[0] if len(row) == 1 else list(row))) + "\n" for row in rows)


def _rows(result: object, limit: int | None) -> tuple[list[tuple[object, ...]], int]:
    """Return a result as rows, at most so many, and how many there are: pairs of a dictionary, members of a list, or itself."""
    if isinstance(result, Mapping):
        entries = cast("Mapping[object, object]", result)
        return [(*_columns(key), value) for key, value in islice(entries.items(), limit)], len(entries)
    if isinstance(result, list | tuple | set | frozenset):
        members = cast("Sequence[object]", result)
        return [_columns(member) for member in islice(members, limit)], len(members)
    return [(result,)], 1


def _columns(value: object) -> tuple[object, ...]:
    """Return a value as cells of a row: a tuple has several."""
    return value if isinstance(value, tuple) and value else (value,)


def _cell(value: object) -> object:
    return value if value is None or isinstance(value, str | int | float) else json.dumps(plain(value))
