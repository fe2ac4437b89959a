"""Where and how a run's results are written, for every command that runs one."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline_optimization.cli.options import option_group
from pipeline_optimization.cli.run.outcomes import FORMATS
from pipeline_optimization.shell_quoting import quoted
from pipeline_optimization.sinks.names import SINK_OF_SUFFIX

__all__ = ["format_of", "is_accounted", "output_options", "sink_option"]

OPTIONS = (
    click.option(
        "--format",
        "form",
        type=click.Choice(sorted(FORMATS)),
        help="What is written.  [default: what the suffix of --output says, else table]",
    ),
    click.option(
        "--top",
        type=click.IntRange(min=0),
        metavar="N",
        help="Only the N most frequent words.  [default: 20 in a table, else all]",
    ),
    click.option("--output", default="-", metavar="PATH", help="Write there instead of to standard output."),
    click.option("--detailed", is_flag=True, help="Show where the time of the slots went, as JSON always does."),
)


SUFFIXES = {suffix: form for suffix, form in SINK_OF_SUFFIX.items() if form in FORMATS}
"""The format of a result, by the suffix of its file."""


def format_of(form: str | None, output: str) -> str:
    """Return the format of results: what ``--format`` says, else what the output's suffix says, else a table.

    If the two contradict each other, the one that was given on purpose holds, and a note says so.
    """
    suffix = Path(output).suffix.lower()
    by_suffix = SUFFIXES.get(suffix)
    if form is not None and by_suffix not in {None, form}:
        click.echo(
            f"Note: {quoted(output)} gets the format {form}, as --format says, though it ends in {suffix}.", err=True
        )
    return form or by_suffix or "table"


def is_accounted(form: str | None, output: str, *, detailed: bool) -> bool:
    """Return whether the time account is shown: in JSON, and where it is asked for."""
    return detailed or (form or SUFFIXES.get(Path(output).suffix.lower())) == "json"


sink_option = click.option(
    "--sink",
    metavar="NAME",
    help="Deliver the rows of a --pipeline that ends in collect() to this sink, each exactly once. --output FILE does so, too, where FILE ends in "
    ".ndjson, .csv, .json or .parquet.",
)


output_options = option_group(OPTIONS)
