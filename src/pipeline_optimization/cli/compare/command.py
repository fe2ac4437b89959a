"""The command ``compare``: compares contenders head to head."""

from __future__ import annotations

from collections.abc import Sequence

import click

from pipeline_optimization.cli.compare.contenders import (
    DEFAULT_DIRECTORY,
    compared_contenders,
    contender_options,
    with_reference,
)
from pipeline_optimization.cli.compare.option_definitions import DEFAULT_BUDGET, MOST_ROUNDS
from pipeline_optimization.cli.compare.options import (
    CommonOptions,
    collect,
    common_options,
    require_packages,
    resumed_parameters,
)
from pipeline_optimization.cli.compare.variation import KINDS, Variation
from pipeline_optimization.cli.plugin_selection import plugin_options, selected_registry

__all__ = ["compare"]


@click.command()
@contender_options
@click.option(
    "--compare-dir",
    "directories",
    multiple=True,
    metavar="DIR",
    help=f"A directory of files with a TaskOrchestrator class (repeatable).  [default: {DEFAULT_DIRECTORY}]",
)
@click.option(
    "--reference",
    metavar="NAME",
    help="The contender that the others are compared with; it may be another NAME.  [default: sequential]",
)
@click.option(
    "--vary",
    "axes",
    multiple=True,
    metavar="KIND=NAME,NAME",
    help="Compare each orchestrator with each of these components, or KIND.OPTION=VALUE,VALUE (repeatable: all "
    f"combinations; write a value with a comma in double quotes). KIND: {', '.join(KINDS)}.",
)
@click.option(
    "--selftest",
    is_flag=True,
    help="Measure the harness: known contenders, and how often --iterations comparisons of equals find a difference.",
)
@common_options
@plugin_options
@click.pass_context
def compare(ctx: click.Context, /, **values: object) -> None:
    """Compare orchestrators head to head, in random order, on fresh texts or on your own pipeline, every answer checked.

    NAME is an installed orchestrator, a file with a TaskOrchestrator class, or a directory of such files. Without any
    NAME, all installed orchestrators and the files of --compare-dir are compared; with --vary, only 'sequential'.

    \b
    anagram compare
    anagram compare asyncio threaded mine.py
    anagram compare --profile all --time-budget 20m --export report.html
    anagram compare mine/ threaded --reference threaded --iterations 20
    anagram compare asyncio --vary retry=none,fixed,exponential --reference "asyncio retry=none"
    anagram compare threaded --vary orchestrator.workers=1,2,4 --vary tokenizer=exercise,unicode
    anagram compare --pipeline status.py access.log
    """  # noqa: D301 - click wants the character, which keeps it from joining the lines
    require_packages()
    if isinstance(values["resume"], str):
        values = resumed_parameters(ctx, values["resume"])
    is_selftest = values.pop("selftest")
    arguments, orchestrators = _texts(values.pop("names")), _texts(values.pop("orchestrators"))
    directories, reference = _texts(values.pop("directories")), values.pop("reference")
    variation = Variation.parse(_texts(values.pop("axes")))
    if variation.needs_calm and not values["profiles"]:
        values["profiles"] = ("cpu",)
    options = collect(values)
    if is_selftest:
        from pipeline_optimization.cli.compare.selftest import run_selftest  # noqa: PLC0415 - --help is quick without it

        ctx.exit(run_selftest(seed=options.seed, comparisons=options.iterations))
    assert reference is None or isinstance(reference, str)
    if options.pipeline is not None:
        from pipeline_optimization.cli.compare.pipeline import compare_pipeline  # noqa: PLC0415 - as above

        if directories:
            raise click.UsageError("--compare-dir names files that count anagrams; leave it out with --pipeline.")
        chosen = [*orchestrators, *variation.orchestrators]
        ctx.exit(compare_pipeline(ctx, options, variation, inputs=arguments, names=chosen, reference=reference))
    ctx.exit(
        _compare(
            ctx,
            options,
            variation=variation,
            names=[*arguments, *orchestrators, *variation.orchestrators],
            directories=directories,
            reference=reference,
        )
    )


def _texts(value: object) -> Sequence[str]:
    """Return the values of a click parameter that takes several."""
    assert isinstance(value, tuple)
    return value


def _compare(
    ctx: click.Context,
    options: CommonOptions,
    *,
    variation: Variation,
    names: Sequence[str],
    directories: Sequence[str],
    reference: str | None,
) -> int:
    from pipeline_optimization.benchmarks.statistics.ranking import rounds_needed  # noqa: PLC0415 - --help is quick without it
    from pipeline_optimization.cli.compare.execution import run_comparison  # noqa: PLC0415 - as above

    registry = selected_registry(ctx)
    if variation and not names:
        names = ["sequential"]
    contenders = compared_contenders(registry, names, directories, workers=options.workers)
    contenders = variation.of(registry, contenders, options)
    contenders, chosen = with_reference(registry, contenders, reference, workers=options.workers)
    settings = options.settings(
        ctx,
        registry,
        reference=chosen,
        rounds=None,
        budget=DEFAULT_BUDGET,
        least_rounds=rounds_needed(len(contenders)),
        most_rounds=MOST_ROUNDS,
        cases=options.cases(adds_computing=not variation.is_about_retries),
    )
    for note in variation.notes_on(settings.cases):
        click.echo(f"Note: {note}", err=True)
    return run_comparison(contenders, settings, options, command="compare", arguments=options.arguments(ctx))
