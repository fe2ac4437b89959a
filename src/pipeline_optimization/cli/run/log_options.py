"""The options for log records on standard error, for every command that runs something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

from pipeline_optimization.cli.options import option_group

__all__ = ["log_options", "logging_as"]

LEVELS = ("debug", "info", "warning", "error", "critical")

OPTIONS = (
    click.option(
        "-v",
        "verbosity",
        count=True,
        help="Log what happens to standard error: -v as --log-level info, -vv as --log-level debug.",
    ),
    click.option(
        "--log-level",
        type=click.Choice(LEVELS, case_sensitive=False),
        help="Log messages of this level and above, of the run and of its tasks.",
    ),
    click.option(
        "--log-format",
        type=click.Choice(["text", "json"]),
        help="How log records are written: as text, or as json with an object a line.  [default: text]",
    ),
)

log_options = option_group(OPTIONS)


@contextmanager
def logging_as(given: Mapping[str, Any]) -> Iterator[None]:
    """Log to standard error as the options say, if one is given. Raises UsageError if two of them say a level."""
    verbosity, level, form = given["verbosity"], given["log_level"], given["log_format"]
    if verbosity and level is not None:
        raise click.UsageError(f"-v and --log-level {level} both say what is logged; give one of them.")
    if not verbosity and level is None and form is None:
        yield
        return
    import logging  # noqa: PLC0415 - it takes a while to import, and is for such runs only

    from pipeline_optimization.cli.run.log_lines import ErrorStreamHandler, lines_of  # noqa: PLC0415 - as above

    wanted = level or ("warning" if not verbosity else "info" if verbosity == 1 else "debug")
    handler = ErrorStreamHandler()
    handler.setFormatter(lines_of(form or "text"))
    root, before = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(wanted.upper())
    try:
        yield
    finally:
        root.setLevel(before)
        root.removeHandler(handler)
