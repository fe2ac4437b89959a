"""Options of every command that runs something: the bounds of the run, where its events go, and how its result is written."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from pipeline_optimization.cli.options import option_group
from pipeline_optimization.cli.run.outcomes import FORMATS, TABLE_ROWS
from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.pipeline.plan import DEFAULT_EVENTS_LIMIT
from pipeline_optimization.shell_quoting import quoted
from pipeline_optimization.sinks.names import SINK_OF_SUFFIX

__all__ = [
    "absolute_events",
    "event_options",
    "format_of",
    "is_accounted",
    "limit_options",
    "make_limits",
    "output_options",
    "sink_option",
]

DEFAULTS = Limits()

limit_options = option_group(
    (
        click.option(
            "--item-timeout", type=float, metavar="SECONDS", help="The time limit of an attempt.  [default: none]"
        ),
        click.option("--deadline", type=float, metavar="SECONDS", help="The time limit of the run.  [default: none]"),
        click.option(
            "--grace",
            type=float,
            default=DEFAULTS.grace,
            show_default=True,
            metavar="SECONDS",
            help="When a run is stopped, attempts that are under way have this time to end.",
        ),
        click.option(
            "--on-failure",
            type=click.Choice(["quarantine", "stop"]),
            default="quarantine",
            show_default=True,
            help="If an item fails for good: go on without it, or stop the run.",
        ),
        click.option(
            "--poison-after",
            type=int,
            default=DEFAULTS.poison_losses,
            show_default=True,
            metavar="N",
            help="Give up an item if N workers have died of it.",
        ),
        click.option(
            "--circuit-breaker",
            type=int,
            default=DEFAULTS.breaker,
            show_default=True,
            metavar="N",
            help="Stop if N attempts of a task in a row have failed; 0: never.",
        ),
        click.option(
            "--retry-share",
            type=float,
            metavar="SHARE",
            help="Allow 20 retries, and beyond them at most this share of all attempts.  [default: any]",
        ),
    )
)


def make_limits(given: Mapping[str, Any]) -> Limits:
    """Return the bounds that a command was given. Raises OptionError for values that make no sense."""
    return Limits(
        item_timeout=given["item_timeout"],
        deadline=given["deadline"],
        grace=given["grace"],
        stops_on_failure=given["on_failure"] == "stop",
        poison_losses=given["poison_after"],
        breaker=given["circuit_breaker"],
        retry_share=given["retry_share"],
    )


event_options = option_group(
    (
        click.option(
            "--events",
            metavar="FILE",
            help="Write what happens to FILE, or to the open descriptor fd:N, as lines of JSON, while it happens.",
        ),
        click.option(
            "--events-limit",
            type=click.IntRange(min=1),
            default=DEFAULT_EVENTS_LIMIT,
            show_default=True,
            metavar="N",
            help="After N attempts, --events gets only a share of them, and the errors and the slowest. Totals stay exact.",
        ),
    )
)


def absolute_events(events: str | None) -> str | None:
    """Return the value of ``--events`` for a command that goes on in another directory."""
    return events if events is None or events == "-" or events.startswith("fd:") else os.path.abspath(events)


output_options = option_group(
    (
        click.option(
            "--format",
            "form",
            type=click.Choice(sorted(FORMATS)),
            help="The format of the result.  [default: what the suffix of --output says, else table]",
        ),
        click.option(
            "--top",
            type=click.IntRange(min=0),
            metavar="N",
            help=f"Only the N most frequent words.  [default: {TABLE_ROWS} in a table, else all]",
        ),
        click.option("--output", default="-", metavar="PATH", help="Write there instead of to standard output."),
        click.option("--detailed", is_flag=True, help="Show where the time went. JSON always has it."),
    )
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
    """Return whether the time account is shown: in JSON always, else with ``--detailed``."""
    return detailed or (form or SUFFIXES.get(Path(output).suffix.lower())) == "json"


sink_option = click.option(
    "--sink",
    metavar="NAME",
    help="Write the rows of a --pipeline that ends in collect() to this sink, each exactly once. --output FILE does the same if FILE ends in "
    ".ndjson, .csv, .json or .parquet.",
)
