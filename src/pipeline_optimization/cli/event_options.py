"""Where a run's events go, for every command that runs one."""

from __future__ import annotations

import os

import click

from pipeline_optimization.cli.options import option_group
from pipeline_optimization.pipeline.plan import DEFAULT_EVENTS_LIMIT

__all__ = ["absolute_events", "event_options"]

OPTIONS = (
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
        help="Of more than N attempts, --events gets only a share, besides errors and the slowest. Totals stay exact.",
    ),
)


event_options = option_group(OPTIONS)


def absolute_events(events: str | None) -> str | None:
    """Return the same target for a command that works in another directory."""
    return events if events is None or events == "-" or events.startswith("fd:") else os.path.abspath(events)
