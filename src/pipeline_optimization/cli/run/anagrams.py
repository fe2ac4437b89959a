"""Counts anagrams for a command: runs its jobs, writes the counts, and returns the exit code."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

import click
from attrs import evolve, frozen

from pipeline_optimization.anagrams.cases import CASE_NAMES, load_cases
from pipeline_optimization.anagrams.plan import AnagramOptions, make_plan
from pipeline_optimization.anagrams.report import RunReport
from pipeline_optimization.cli.exit_codes import COMPLETE, INCOMPLETE
from pipeline_optimization.cli.foreign_output import noise_on_standard_error
from pipeline_optimization.cli.run.execution import execute_with_progress, input_sources, stop_code, with_output
from pipeline_optimization.cli.run.outcomes import Outcome, Renderer
from pipeline_optimization.cli.run.recording import Recording
from pipeline_optimization.output import open_output
from pipeline_optimization.printable import printable
from pipeline_optimization.registry import Registry
from pipeline_optimization.shell_quoting import quoted, quoted_command
from pipeline_optimization.sources import Source, TextSource, is_file_name, least_bytes

__all__ = ["Job", "case_job", "jobs_for", "run_jobs"]


@frozen(kw_only=True)
class Job:
    """One run: its options, its input, and the counts that it should give (None if they are not known)."""

    options: AnagramOptions
    sources: Sequence[Source]
    expected: Mapping[str, int] | None = None


def case_job(options: AnagramOptions) -> Job:
    """Return the run of the test case that the options name, with its expected counts."""
    case = load_cases()[options.faults.case]
    return Job(options=options, sources=[TextSource(case.text)], expected=dict(case.expected))


def _note_pipelines(inputs: Sequence[str]) -> None:
    """Say how to run the pipeline of a Python file that is about to be counted like any text. Whoever forgot ``--pipeline`` reads it."""
    code = next((name for name in inputs if name.endswith(".py")), None)
    if code is not None:
        command = quoted_command(["anagram", "run", "--pipeline", code])
        click.echo(
            f"Note: The words of {code!r} are counted. If the file has a pipeline, run it with: {command}", err=True
        )


def jobs_for(  # noqa: PLR0917 - the ways to name input, each once
    options: AnagramOptions,
    text: str | None,
    inputs: Sequence[str],
    test_case: str | None,
    faults: str | None,
    output: str,
) -> list[Job]:
    """Return the runs that were asked for. Raises UsageError and InputError."""
    given = [
        name
        for name, value in (("--text", text), ("an input file", inputs or None), ("--test-case", test_case))
        if value is not None
    ]
    if len(given) > 1:
        raise click.UsageError(f"{' and '.join(given)} exclude each other; give one of them.")
    if text is not None:
        if is_file_name(text):
            file = quoted_command(["anagram", "run", text])
            click.echo(
                f"Note: The text {text!r} is counted itself, not the file of that name. For the file: {file}", err=True
            )
        return [Job(options=options, sources=[TextSource(text)])]
    if inputs:
        _note_pipelines(inputs)
        return [Job(options=options, sources=input_sources(inputs, options.checkpoint, output))]
    if test_case == "all" and options.checkpoint is not None:
        raise click.UsageError("A checkpoint is of one run. Name one test case, or leave --checkpoint out.")
    if test_case == "all" and options.events is not None:
        raise click.UsageError("A file of events is of one run. Name one test case, or leave --events out.")
    names = CASE_NAMES if test_case == "all" else (test_case or CASE_NAMES[0],)
    ours = evolve(options.faults, profile=faults or "exercise")
    return [case_job(evolve(options, faults=evolve(ours, case=name))) for name in names]


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
    """Run the jobs, write their counts, and return the exit code. Everything is checked before anything runs.

    Args:
        registry: The plugins that there are.
        jobs: What to run, one after the other.
        form: The format of the counts, one of ``FORMATS``.
        top: How many words are written, the most frequent ones; None for all, or the usual number in a table.
        output: The file that the counts go to, ``-`` for standard output.
        kept: Keeps the reports, if the user asked for a record.
        resume: The command that goes on with a stopped run.
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
                    click.echo(printable(f"Warning: {warning}"), err=True)
            if form != "table" or not _is_seen(output):
                for problem in outcome.problems:
                    click.echo(printable(problem), err=True)
            _advise(report, resume)
            code = max(code, _code(outcome))
            if report.is_interrupted:
                break
        renderer.finish()
    return code


def _is_seen(output: str) -> bool:
    """Return whether results and errors are shown on the same terminal. Then the table has the problems already."""
    return output == "-" and sys.stdout.isatty() and sys.stderr.isatty()


def _advise(report: RunReport, resume: str) -> None:
    """Say how to go on if the run has a checkpoint, and was stopped or has failed items."""
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
