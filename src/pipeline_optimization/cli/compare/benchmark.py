"""The command ``benchmark``: measures orchestrators by themselves."""

from __future__ import annotations

import click

from pipeline_optimization.cli.compare.contenders import contender_options, named_contenders
from pipeline_optimization.cli.compare.options import collect, common_options, require_packages, resumed_parameters
from pipeline_optimization.cli.plugin_selection import plugin_options, selected_registry

__all__ = ["benchmark"]

ROUNDS = 6


@click.command()
@contender_options
@common_options
@plugin_options
@click.pass_context
def benchmark(ctx: click.Context, /, **values: object) -> None:
    """Measure orchestrators by themselves: success rate, run time, throughput, memory and CPU.

    NAME is an installed orchestrator, a file with a TaskOrchestrator class, or a directory of such files.  [default:
    sequential] Several are measured in the same rounds, and compared with the first; 'compare' runs as many rounds as a certain answer needs.

    \b
    anagram benchmark threaded --test-case large
    anagram benchmark mine.py --iterations 12 --detailed
    anagram benchmark --pipeline status.py access.log --orchestrator threaded
    """  # noqa: D301 - click wants the character, which keeps it from joining the lines
    require_packages()
    if isinstance(values["resume"], str):
        values = resumed_parameters(ctx, values["resume"])
    arguments, orchestrators = values.pop("names"), values.pop("orchestrators")
    assert isinstance(arguments, tuple)
    assert isinstance(orchestrators, tuple)
    options = collect(values)
    if options.pipeline is not None:
        from pipeline_optimization.cli.compare.pipeline import benchmark_pipeline  # noqa: PLC0415 - --help is quick without it

        ctx.exit(benchmark_pipeline(ctx, options, arguments, orchestrators or ("sequential",), rounds=ROUNDS))
    from pipeline_optimization.cli.compare.execution import run_comparison  # noqa: PLC0415 - --help is quick without it

    names = (*arguments, *orchestrators) or ("sequential",)
    registry = selected_registry(ctx)
    contenders = named_contenders(registry, names, workers=options.workers)
    settings = options.settings(
        ctx,
        registry,
        reference=contenders[0].name,
        rounds=ROUNDS,
        budget=None,
        least_rounds=ROUNDS,
        most_rounds=ROUNDS,
        cases=options.cases(adds_computing=False),
    )
    ctx.exit(run_comparison(contenders, settings, options, command="benchmark", arguments=options.arguments(ctx)))
