"""Goes on with an interrupted comparison: its own arguments again, with the seed that it had."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline_optimization.errors import UsageError

__all__ = ["resumed_parameters"]


def resumed_parameters(ctx: click.Context, path: str) -> dict[str, object]:
    """Return the parameters of the command that wrote a partial file. Raises UsageError where that was another one."""
    from pipeline_optimization.benchmarks.partial import read_header  # noqa: PLC0415 - --help is quick without it

    header = read_header(Path(path))
    if header.command != ctx.command.name:
        raise UsageError(f"{path} belongs to 'anagram {header.command}'; go on with that command.")
    arguments = [*header.arguments, "--seed", str(header.seed)]
    again = ctx.command.make_context(ctx.info_name, arguments, parent=ctx.parent)
    return {**again.params, "resume": path}
