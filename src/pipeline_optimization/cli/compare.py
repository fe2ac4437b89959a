"""The command ``compare``: contenders head to head."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from pipeline_optimization.cli.benchmark_options import CommonOptions, collect, common_options, require_packages
from pipeline_optimization.cli.plugin_selection import plugin_options, selected_registry
from pipeline_optimization.cli.resuming import resumed_parameters

__all__ = ["compare"]

DEFAULT_DIRECTORY = "benchmark_orchestrators"
MOST_ROUNDS = 12
DEFAULT_BUDGET = 100.0
"""Seconds that a comparison aims at unless told otherwise, so that it ends within two minutes, tables and all."""


@click.command()
@click.option(
    "--compare-dir",
    metavar="DIR",
    help=f"Files with a TaskOrchestrator class.  [default: {DEFAULT_DIRECTORY}, if there is one]",
)
@click.option(
    "--orchestrator", "orchestrators", multiple=True, metavar="NAME", help="Only these plugins.  [default: all]"
)
@click.option("--reference", metavar="NAME", default="sequential", show_default=True, help="What ratios are to.")
@click.option(
    "--selftest",
    is_flag=True,
    help="Measure the harness: known contenders, and how often --iterations comparisons of equals find a difference.",
)
@common_options
@plugin_options
@click.pass_context
def compare(ctx: click.Context, /, **values: object) -> None:
    """Compare orchestrators head to head, in random order, on fresh texts, every answer checked.

    \b
    anagram compare
    anagram compare --test-case all --profile all --time-budget 20m --export report.html
    anagram compare --compare-dir mine --orchestrator threaded --reference threaded --iterations 20
    """  # noqa: D301 - click wants the character, which keeps it from joining the lines
    require_packages()
    if isinstance(values["resume"], str):
        values = resumed_parameters(ctx, values["resume"])
    is_selftest = values.pop("selftest")
    directory, names, reference = (values.pop(name) for name in ("compare_dir", "orchestrators", "reference"))
    options = collect(values)
    if is_selftest:
        from pipeline_optimization.cli.selftest import run_selftest  # noqa: PLC0415 - --help is quick without it

        ctx.exit(run_selftest(seed=options.seed, comparisons=options.iterations))
    assert isinstance(reference, str)
    assert isinstance(names, tuple)
    assert directory is None or isinstance(directory, str)
    ctx.exit(_compare(ctx, options, directory, names, reference))


def _compare(
    ctx: click.Context, options: CommonOptions, directory: str | None, names: Sequence[str], reference: str
) -> int:
    from pipeline_optimization.benchmarks.contenders import (  # noqa: PLC0415 - --help is quick without it
        file_contenders,
        named_apart,
        plugin_contenders,
    )
    from pipeline_optimization.benchmarks.statistics.ranking import rounds_needed  # noqa: PLC0415 - as above
    from pipeline_optimization.cli.comparing import run_comparison  # noqa: PLC0415 - as above

    contenders = plugin_contenders(selected_registry(ctx), names, workers=options.workers)
    if directory is not None or Path(DEFAULT_DIRECTORY).is_dir():
        contenders += file_contenders(Path(directory or DEFAULT_DIRECTORY))
    contenders = named_apart(contenders)
    found = [contender.name for contender in contenders]
    if reference not in found:
        if reference != "sequential":
            raise click.UsageError(f"There is no contender {reference!r} to refer to. There are: {', '.join(found)}.")
        reference = found[0]
    settings = options.settings(
        ctx,
        reference=reference,
        rounds=None,
        budget=DEFAULT_BUDGET,
        least_rounds=rounds_needed(len(contenders)),
        most_rounds=MOST_ROUNDS,
    )
    return run_comparison(contenders, settings, options, command="compare", arguments=options.arguments(ctx))
