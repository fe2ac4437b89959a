"""The command ``run``: counts anagrams, or runs a pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click
from click.core import ParameterSource

from pipeline_optimization.anagrams.cases import CASE_NAMES
from pipeline_optimization.anagrams.plan import AnagramOptions
from pipeline_optimization.cli.component_options import KindOptions, print_options
from pipeline_optimization.cli.options import SIZE
from pipeline_optimization.cli.pipeline_option import file_named, found_pipeline, located_pipeline, pipeline_option
from pipeline_optimization.cli.plugin_selection import plugin_options, selected_registry
from pipeline_optimization.cli.run.anagrams import jobs_for, run_jobs
from pipeline_optimization.cli.run.execution import input_sources
from pipeline_optimization.cli.run.log_options import log_options, logging_as
from pipeline_optimization.cli.run.options import (
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
from pipeline_optimization.cli.standard_streams import has_unread_input
from pipeline_optimization.kinds import Kind
from pipeline_optimization.registry import Registry
from pipeline_optimization.registry.options import describe_options
from pipeline_optimization.shell_quoting import quoted_command
from pipeline_optimization.sources import Source, TextSource

__all__ = ["run"]

DEFAULTS = AnagramOptions()


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="PATH",
    help="A file, a directory, a glob, a URL, or - for standard input.",
)
@click.option("--text", help="Count this text.")
@click.option("--test-case", type=click.Choice([*CASE_NAMES, "all"]), help="A built-in text.  [default: small]")
@pipeline_option("Run this pipeline: a plugin's, or your own; package.module:NAME works as well.")
@click.option(
    "--orchestrator", default=DEFAULTS.orchestrator, show_default=True, metavar="NAME", help="How attempts are run."
)
@click.option(
    "-o",
    "pairs",
    multiple=True,
    metavar="KEY=VALUE",
    help="An option of the orchestrator. For an option of another component write retry.KEY, pipeline.KEY, sink.KEY, tokenizer.KEY, signature.KEY or lexicon.KEY. -o help lists all options of the chosen components.",
)
@click.option("--tokenizer", default=DEFAULTS.tokenizer, show_default=True, metavar="NAME", help="How words are found.")
@click.option(
    "--signature", default=DEFAULTS.signature, show_default=True, metavar="NAME", help="How anagrams are recognised."
)
@click.option("--retry", default=DEFAULTS.retry, show_default=True, metavar="NAME", help="When failed items run again.")
@click.option(
    "--lexicon",
    default=DEFAULTS.lexicon,
    show_default=True,
    metavar="NAME",
    help="The dictionary: gcide, web2, system, file:PATH.",
)
@click.option(
    "--kernel",
    default=DEFAULTS.kernel,
    show_default=True,
    metavar="NAME",
    help="The code that counts if no step waits or fails: python, numba.",
)
@click.option(
    "--faults",
    metavar="NAME|FILE.toml",
    help="Simulated faults: exercise, heavy, latency, none, tail, a plugin's profile, or a file of your own.  [default: exercise for a "
    "test case, else none]",
)
@click.option(
    "--latency-scale",
    type=float,
    help="Multiplies all simulated times and the delays of retries.  [default: 0.05; 1 with a profile of your own]",
)
@click.option(
    "--seed", type=int, help="Repeats the simulated waits and failures.  [default: a random one, which is printed]"
)
@click.option(
    "--chunk-size",
    type=SIZE,
    default=DEFAULTS.chunk_size,
    show_default="4MiB",
    metavar="SIZE",
    help="Text in one item, such as 1MiB (1M), 1MB (1,000,000) or 1048576.",
)
@click.option(
    "--encoding",
    default=DEFAULTS.encoding,
    show_default=True,
    metavar="NAME",
    help="The encoding of the input, as Python names it: latin-1, utf-16-le. Not needed for UTF-16 with a byte order mark.",
)
@click.option(
    "--checkpoint", metavar="FILE", help="Keep finished items in FILE, so that the run can be continued after a crash."
)
@click.option("--resume", is_flag=True, help="Continue the run of --checkpoint, or start it if there is none yet.")
@click.option("--retry-failed", is_flag=True, help="With --resume: try items again that failed for good.")
@click.option(
    "--accept-changed-code",
    is_flag=True,
    help="With --resume: continue even if the code that the results depend on has changed.",
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
def run(  # noqa: PLR0917 - one parameter an option, as click has it
    ctx: click.Context,
    /,
    paths: Sequence[str],
    inputs: Sequence[str],
    text: str | None,
    test_case: str | None,
    pipeline: str | None,
    pairs: Sequence[str],
    faults: str | None,
    form: str | None,
    top: int | None,
    output: str,
    sink: str | None,
    **given: Any,
) -> None:
    """Run a pipeline: your own, or the built-in one, which counts the anagrams of the words of a text or of files.

    \b
    anagram run --text cat
    anagram run book.txt 'logs/*.gz' --orchestrator multiprocess --output counts.csv
    anagram run --test-case large --orchestrator asyncio --seed 1
    anagram run --pipeline status.py access.log --orchestrator threaded
    """  # noqa: D301 - click wants the character, which keeps it from joining the lines
    ctx.with_resource(logging_as(given))
    registry = selected_registry(ctx)
    if "help" in pairs:
        print_options(
            registry,
            {**given, "sink": sink},
            None if pipeline is None else located_pipeline(pipeline, registry).component,
        )
        return
    chosen = KindOptions.parse(pairs)
    kept = Recording.of(
        given,
        pipeline or test_case or "anagrams",
        others=[*inputs, *paths, output, given["checkpoint"], file_named(pipeline)],
    )
    given["events"] = ctx.with_resource(kept).events
    given["account"] = is_accounted(form, output, detailed=given["detailed"])
    options = AnagramOptions.called(
        {
            **given,
            **chosen.called(),
            "faults": faults or "none",
            "limits": make_limits(given),
            "retries_failed": given["retry_failed"],
        }
    )
    if pipeline is not None:
        target = ResultTarget(path=output, form=form, top=top, sink=sink, sink_options=chosen.sink)
        ctx.exit(_run_pipeline(ctx, registry, pipeline, chosen, options, text, [*inputs, *paths], target, kept))
    if sink is not None or chosen.sink:
        raise click.UsageError("--sink takes the rows of a pipeline: name one with --pipeline.")
    if chosen.pipeline:
        raise click.UsageError(f"-o pipeline.{next(iter(chosen.pipeline))} is for a pipeline: name it with --pipeline.")
    _check_owner(registry, options, {})
    jobs = jobs_for(options, text, [*inputs, *paths], test_case, faults, output)
    if not (inputs or paths or test_case) and text is None and has_unread_input():
        click.echo(
            "Note: Standard input was not read; this is the test case 'small'. Read it with: anagram run -", err=True
        )
    code = run_jobs(
        registry,
        jobs,
        form=format_of(form, output),
        top=top,
        output=output,
        kept=kept,
        resume=_again(ctx, options),
    )
    ctx.exit(code)


OF_ANAGRAMS = ("test_case", "tokenizer", "signature", "lexicon", "kernel")
"""Options that only a run that counts anagrams has."""


def _run_pipeline(  # noqa: PLR0917 - what the command was given
    ctx: click.Context,
    registry: Registry,
    pipeline: str,
    chosen: KindOptions,
    options: AnagramOptions,
    text: str | None,
    inputs: Sequence[str],
    target: ResultTarget,
    kept: Recording,
) -> int:
    """Run a pipeline, and return the exit code. Raises UsageError for options that only counting anagrams has."""
    for name in OF_ANAGRAMS:
        if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            option = f"--{name.replace('_', '-')}"
            raise click.UsageError(f"{option} is for counting anagrams; leave it out with --pipeline.")
    for kind in ("tokenizer", "signature", "lexicon"):
        if getattr(chosen, kind):
            raise click.UsageError(f"-o {kind}.KEY is for counting anagrams; leave it out with --pipeline.")
    if text is not None and inputs:
        raise click.UsageError("--text and an input file exclude each other; give one of them.")
    from pipeline_optimization.cli.run.pipeline import run_pipeline  # noqa: PLC0415 - for such runs only

    found = found_pipeline(pipeline, chosen.pipeline, registry)
    _check_owner(registry, options, found.options)
    sources: Sequence[Source] = [] if text is None else [TextSource(text)]
    if inputs:
        sources = input_sources(inputs, options.checkpoint, target.path)
    return run_pipeline(
        registry,
        found,
        options,
        sources,
        target=target,
        kept=kept,
        resume=_again(ctx, options),
        retry=_again(ctx, options, "--retry-failed"),
    )


def _check_owner(registry: Registry, options: AnagramOptions, of_pipeline: Mapping[str, object]) -> None:
    """Raise UsageError if an option of the pipeline or of the retry policy was given to the orchestrator, which does not have it."""
    if not options.orchestrator_options:
        return
    known = _names_of_options(registry, "orchestrator", options.orchestrator)
    for name in options.orchestrator_options:
        if name in known:
            continue
        if name in of_pipeline:
            raise click.UsageError(f"{name!r} is an option of the pipeline: -o pipeline.{name}=VALUE.")
        if name in _names_of_options(registry, "retry_policy", options.retry):
            raise click.UsageError(f"{name!r} is an option of the retry policy: -o retry.{name}=VALUE.")


def _names_of_options(registry: Registry, kind: Kind, given: object) -> frozenset[str]:
    """Return the names of the options that a component has, which is given as NAME or NAME:VALUE."""
    component = registry.component(kind, str(given).partition(":")[0])
    return frozenset(one.name for one in describe_options(component.options))


def _again(ctx: click.Context, options: AnagramOptions, *more: str) -> str:
    """Return the command that goes on with a run: that of this run, with ``--resume`` and the options ``more`` if it lacks them."""
    wanted = [*([] if options.resume else ["--resume"]), *(option for option in more if option not in ctx.obj)]
    return quoted_command(["anagram", "run", *ctx.obj, *wanted])
