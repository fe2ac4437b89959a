"""The options that bound a run, for every command that runs one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from pipeline_optimization.cli.options import option_group
from pipeline_optimization.engine.limits import Limits

__all__ = ["limit_options", "make_limits"]

DEFAULTS = Limits()

OPTIONS = (
    click.option(
        "--item-timeout", type=float, metavar="SECONDS", help="An attempt may take so long.  [default: any time]"
    ),
    click.option("--deadline", type=float, metavar="SECONDS", help="The run may take so long.  [default: any time]"),
    click.option(
        "--grace",
        type=float,
        default=DEFAULTS.grace,
        show_default=True,
        metavar="SECONDS",
        help="What is under way when a run is stopped may take so long to end.",
    ),
    click.option(
        "--on-failure",
        type=click.Choice(["quarantine", "stop"]),
        default="quarantine",
        show_default=True,
        help="What an item that fails for good does to the run.",
    ),
    click.option(
        "--poison-after",
        type=int,
        default=DEFAULTS.poison_losses,
        show_default=True,
        metavar="N",
        help="Give an item up when N workers have died of it.",
    ),
    click.option(
        "--circuit-breaker",
        type=int,
        default=DEFAULTS.breaker,
        show_default=True,
        metavar="N",
        help="Stop when N attempts of a task in a row all failed; 0: never.",
    ),
    click.option(
        "--retry-share",
        type=float,
        metavar="SHARE",
        help="At most this share of all attempts may be retries, beyond the first 20.  [default: any]",
    ),
)


limit_options = option_group(OPTIONS)


def make_limits(given: Mapping[str, Any]) -> Limits:
    """Return the bounds that a command was given. Raises OptionError for those that make no sense."""
    return Limits(
        item_timeout=given["item_timeout"],
        deadline=given["deadline"],
        grace=given["grace"],
        stops_on_failure=given["on_failure"] == "stop",
        poison_losses=given["poison_after"],
        breaker=given["circuit_breaker"],
        retry_share=given["retry_share"],
    )
