"""``--pipeline``: which pipeline a command is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pipeline_optimization.cli.foreign_output import noise_on_standard_error
from pipeline_optimization.registry import Registry

if TYPE_CHECKING:
    from pipeline_optimization.pipeline.model.finding import FoundPipeline, LocatedPipeline

__all__ = ["file_named", "found_pipeline", "located_pipeline", "pipeline_option"]

DEFAULT = "anagrams"
"""The name of the pipeline that a command runs if the user names none."""

F = TypeVar("F", bound=Callable[..., Any])


def pipeline_option(help_: str) -> Callable[[F], F]:
    """Add ``--pipeline`` to a command, as the parameter ``pipeline``: what the user named, or None for the default pipeline."""
    return click.option(
        "--pipeline", metavar="NAME|FILE.py[:NAME]", callback=_or_default, help=f"{help_}  [default: {DEFAULT}]"
    )


def _or_default(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    return None if value == DEFAULT else value


def found_pipeline(reference: str, options: Mapping[str, object], registry: Registry) -> FoundPipeline:
    """Find a pipeline as ``find_pipeline`` does. Text that the user's module prints goes to standard error, apart from results."""
    from pipeline_optimization.pipeline.model.finding import find_pipeline  # noqa: PLC0415 - for such runs only

    with noise_on_standard_error():
        return find_pipeline(reference, options, registry)


def located_pipeline(reference: str, registry: Registry) -> LocatedPipeline:
    """Locate a pipeline as ``locate_pipeline`` does, with prints on standard error as well."""
    from pipeline_optimization.pipeline.model.finding import locate_pipeline  # noqa: PLC0415 - as above

    with noise_on_standard_error():
        return locate_pipeline(reference, registry)


def file_named(reference: str | None) -> str | None:
    """Return the file that ``--pipeline`` names, or None if it names none."""
    if reference is None:
        return None
    from pipeline_optimization.pipeline.model.finding import home_and_name  # noqa: PLC0415 - for such runs only

    home, _ = home_and_name(reference)
    return home if home.endswith(".py") else None
