"""The command ``benchmark``: one orchestrator by itself."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline_optimization.cli.benchmark_options import collect, common_options, require_packages
from pipeline_optimization.cli.plugin_selection import plugin_options, selected_registry
from pipeline_optimization.cli.resuming import resumed_parameters

__all__ = ["benchmark"]

ROUNDS = 6


@click.command()
@click.option(
    "--orchestrator",
    default="sequential",
    show_default=True,
    metavar="NAME",
    help="An installed orchestrator, or a file with a TaskOrchestrator class.",
)
@common_options
@plugin_options
@click.pass_context
def benchmark(ctx: click.Context, /, **values: object) -> None:
    """Measure one orchestrator: success rate, run time, throughput, memory and CPU.

    \b
    anagram benchmark --orchestrator threaded --test-case large
    anagram benchmark --orchestrator mine.py --iterations 12 --detailed
    """  # noqa: D301 - click wants the character, which keeps it from joining the lines
    require_packages()
    if isinstance(values["resume"], str):
        values = resumed_parameters(ctx, values["resume"])
    name = values.pop("orchestrator")
    assert isinstance(name, str)
    options = collect(values)
    from pipeline_optimization.benchmarks.contenders import (  # noqa: PLC0415 - --help is quick without it
        file_contender,
        plugin_contender,
    )
    from pipeline_optimization.cli.comparing import run_comparison  # noqa: PLC0415 - as above

    registry = selected_registry(ctx)
    if name.endswith(".py"):
        contender = file_contender(Path(name))
    else:
        contender = plugin_contender(registry, name, workers=options.workers)
    settings = options.settings(
        ctx, reference=contender.name, rounds=ROUNDS, budget=None, least_rounds=ROUNDS, most_rounds=ROUNDS
    )
    ctx.exit(run_comparison([contender], settings, options, command="benchmark", arguments=options.arguments(ctx)))
