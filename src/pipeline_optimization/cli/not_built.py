"""The commands of the harness, which does not exist yet."""

from __future__ import annotations

import click

from pipeline_optimization.cli.exit_codes import USAGE

__all__ = ["benchmark", "compare"]

ANYTHING = {"ignore_unknown_options": True, "allow_extra_args": True}


@click.command(context_settings=ANYTHING)
@click.pass_context
def benchmark(ctx: click.Context) -> None:
    """Measure one orchestrator (not built yet)."""
    _refuse(ctx)


@click.command(context_settings=ANYTHING)
@click.pass_context
def compare(ctx: click.Context) -> None:
    """Compare orchestrators head to head (not built yet)."""
    _refuse(ctx)


def _refuse(ctx: click.Context) -> None:
    click.echo(
        f"Error: 'anagram {ctx.command.name}' is not built yet; it comes with a later version. "
        "'anagram run' runs the pipeline and prints its run time.",
        err=True,
    )
    ctx.exit(USAGE)
