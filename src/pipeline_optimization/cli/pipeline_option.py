"""``--pipeline``: which pipeline a command is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

__all__ = ["pipeline_option"]

DEFAULT = "anagrams"
"""The name of the pipeline that a command runs where none is named."""

F = TypeVar("F", bound=Callable[..., Any])


def pipeline_option(help_: str) -> Callable[[F], F]:
    """Add ``--pipeline`` to a command, as the parameter ``pipeline``: what the user named, or None for the default pipeline."""
    return click.option(
        "--pipeline", metavar="NAME|FILE.py[:NAME]", callback=_or_default, help=f"{help_}  [default: {DEFAULT}]"
    )


def _or_default(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    return None if value == DEFAULT else value
