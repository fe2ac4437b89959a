"""The command ``retry``: runs the failed items of a checkpoint again, and completes the result."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click
from attrs import evolve

from pipeline_optimization.anagrams.cases import load_cases
from pipeline_optimization.anagrams.plan import AnagramOptions
from pipeline_optimization.checkpoint import stored_fact, stored_invocation
from pipeline_optimization.cli.component_options import KindOptions
from pipeline_optimization.cli.pipeline_option import file_named, found_pipeline, pipeline_option
from pipeline_optimization.cli.plugin_selection import plugin_options, selected_registry
from pipeline_optimization.cli.run.anagrams import Job, case_job, run_jobs
from pipeline_optimization.cli.run.log_options import log_options, logging_as
from pipeline_optimization.cli.run.options import (
    absolute_events,
    event_options,
    format_of,
    is_accounted,
    limit_options,
    make_limits,
    output_options,
    sink_option,
)
from pipeline_optimization.cli.run.progress import progress_option
from pipeline_optimization.cli.run.recording import Recording, recording_options
from pipeline_optimization.cli.run.result_target import ResultTarget
from pipeline_optimization.errors import CheckpointError
from pipeline_optimization.pipeline.invocation import Invocation
from pipeline_optimization.pipeline.plan import PIPELINE_FACT
from pipeline_optimization.registry import Registry
from pipeline_optimization.shell_quoting import quoted_command
from pipeline_optimization.sources import FileSource, Source, TextSource

if TYPE_CHECKING:
    from pipeline_optimization.pipeline.model.finding import FoundPipeline

__all__ = ["retry"]


@click.command()
@click.argument("checkpoint", metavar="CHECKPOINT")
@pipeline_option(
    "The pipeline of the run. A checkpoint does not name its file, since it must not choose what code runs."
)
@click.option("--orchestrator", metavar="NAME", help="How attempts are run.  [default: as before]")
@click.option("--retry", metavar="NAME", help="When failed items run again.  [default: as before]")
@click.option(
    "-o",
    "pairs",
    multiple=True,
    metavar="KEY=VALUE",
    help="An option of the orchestrator (the checkpoint does not keep them), retry.KEY=VALUE, or pipeline.KEY=VALUE, which must be as before.",
)
@click.option(
    "--accept-changed-code", is_flag=True, help="Continue even if the code that the results depend on has changed."
)
@limit_options
@output_options
@progress_option
@log_options
@event_options
@recording_options
@sink_option
@plugin_options
@click.pass_context
def retry(  # noqa: PLR0917 - one parameter an option, as click has it
    ctx: click.Context,
    /,
    checkpoint: str,
    pipeline: str | None,
    orchestrator: str | None,
    retry: str | None,
    pairs: Sequence[str],
    form: str | None,
    top: int | None,
    output: str,
    sink: str | None,
    **bounds: Any,
) -> None:
    """Run the items of a checkpoint that failed for good or were not reached, and complete the result.

    The checkpoint knows the inputs and the options of its run. The command works in the directory in which that run was started.

    \b
    anagram retry run.checkpoint
    anagram retry run.checkpoint --orchestrator multiprocess --item-timeout 60
    anagram retry run.checkpoint --pipeline status.py
    """  # noqa: D301 - click wants the character, which keeps it from joining the lines
    ctx.with_resource(logging_as(bounds))
    registry = selected_registry(ctx)
    invocation = _invocation(checkpoint)
    given = KindOptions.parse(pairs)
    found = _pipeline(checkpoint, pipeline, given, registry)
    if given.tokenizer or given.signature or given.lexicon:
        raise click.UsageError(
            "What is counted is as it was; only options of the orchestrator and of retry can be given."
        )
    kept = Recording.of(
        bounds, pipeline or "anagrams", others=[checkpoint, output, file_named(pipeline), *(invocation.paths or ())]
    )
    options = invocation.run_options(
        AnagramOptions,
        limits=make_limits(bounds),
        checkpoint=os.path.abspath(checkpoint),
        resume=True,
        retries_failed=True,
        accept_changed_code=bounds["accept_changed_code"],
        orchestrator_options=given.orchestrator,
        events=absolute_events(ctx.with_resource(kept).events),
        events_limit=bounds["events_limit"],
        account=is_accounted(form, output, detailed=bounds["detailed"]),
    )
    if orchestrator is not None:
        options = evolve(options, orchestrator=orchestrator)
    if retry is not None or given.retry:
        options = evolve(options, retry=retry or options.retry, retry_options=given.retry)
    target = output if output == "-" else os.path.abspath(output)
    try:
        os.chdir(invocation.directory)
    except OSError as error:
        raise CheckpointError(
            f"The run of {checkpoint!r} worked in {invocation.directory!r}, which cannot be entered: {error.strerror}.",
            path=checkpoint,
        ) from error
    again = quoted_command(["anagram", "retry", *ctx.obj])
    if found is None:
        if sink is not None or given.sink:
            raise click.UsageError("--sink takes the rows of a pipeline; these are counts of words.")
        form = format_of(form, output)
        ctx.exit(
            run_jobs(registry, [_job(options, invocation)], form=form, top=top, output=target, kept=kept, resume=again)
        )
    from pipeline_optimization.cli.run.pipeline import run_pipeline  # noqa: PLC0415 - for such runs only

    sources = _sources(invocation)
    goal = ResultTarget(path=target, form=form, top=top, sink=sink, sink_options=given.sink)
    code = run_pipeline(registry, found, options, sources, target=goal, kept=kept, resume=again, retry=again)
    ctx.exit(code)


def _pipeline(checkpoint: str, reference: str | None, given: KindOptions, registry: Registry) -> FoundPipeline | None:
    """Return the pipeline that a checkpoint is of, or None if it is the default one. Raises UsageError if the user names another one."""
    name = stored_fact(checkpoint, PIPELINE_FACT)
    if reference is None and name is not None:
        command = quoted_command(["anagram", "retry", checkpoint, "--pipeline", "FILE.py"])
        raise CheckpointError(
            f"The checkpoint {checkpoint!r} is of the pipeline {name!r}. Say where that is: {command}", path=checkpoint
        )
    if reference is None:
        if given.pipeline:
            raise click.UsageError(
                f"-o pipeline.{next(iter(given.pipeline))} is for a pipeline: name it with --pipeline."
            )
        return None
    if name is None:
        raise CheckpointError(
            f"The checkpoint {checkpoint!r} is of counting anagrams; leave --pipeline out.", path=checkpoint
        )
    return found_pipeline(reference, given.pipeline, registry)


def _invocation(checkpoint: str) -> Invocation:
    stored = stored_invocation(checkpoint)
    if stored is None:
        raise CheckpointError(
            f"There is no checkpoint {checkpoint!r}. Name the file that a run was given with --checkpoint.",
            path=checkpoint,
        )
    invocation = Invocation.from_json(stored, checkpoint, AnagramOptions)
    if invocation.paths is None and invocation.text is None:
        raise CheckpointError(
            f"The run of {checkpoint!r} read what cannot be named again, such as standard input or a URL. Repeat its "
            "own command with --resume --retry-failed.",
            path=checkpoint,
        )
    return invocation


def _job(options: AnagramOptions, invocation: Invocation) -> Job:
    case = load_cases().get(options.faults.case)
    if case is not None and case.text == invocation.text:
        return case_job(options)
    return Job(options=options, sources=_sources(invocation))


def _sources(invocation: Invocation) -> Sequence[Source]:
    if invocation.text is not None:
        return [TextSource(invocation.text)]
    return [FileSource.at(path) for path in invocation.paths or ()]
