"""Where and how a run's results are written, for every command that runs one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from pipeline_optimization.cli.rendering import FORMATS

__all__ = ["output_options"]

F = TypeVar("F", bound=Callable[..., Any])

OPTIONS = (
    click.option("--format", "form", type=click.Choice(sorted(FORMATS)), default="table", show_default=True),
    click.option(
        "--top",
        type=click.IntRange(min=0),
        metavar="N",
        help="Only the N most frequent words.  [default: 20 in a table, else all]",
    ),
    click.option("--output", default="-", metavar="PATH", help="Write there instead of to standard output."),
)


def output_options(command: F) -> F:
    """Add the options to a command, in order."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command
