"""``--no-plugin``, ``--only-plugin`` and ``--plugins-dir``, and the registry that they and all other settings make."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click

from pipeline_optimization.cli.options import option_group
from pipeline_optimization.errors import UsageError
from pipeline_optimization.registry import Registry, Selection
from pipeline_optimization.registry.pyproject_settings import read_selection

__all__ = ["plugin_options", "selected_registry"]

KEY = "pipeline_optimization.selection"


def selected_registry(ctx: click.Context) -> Registry:
    """Return the registry for a command. Its options win over the environment, and the environment over ``pyproject.toml``.

    The outcome is put into the environment, so that processes started from here select the same plugins. Raises UsageError.
    """
    given: dict[str, Sequence[str]] = ctx.meta.get(KEY, {})
    typed = Selection(
        disabled=given.get("no_plugin", ()),
        only=given.get("only_plugin", ()),
        directories=given.get("plugins_dir", ()),
        typed=[*given.get("no_plugin", ()), *given.get("only_plugin", ())],
    )
    selection = typed.over(Selection.from_environment()).over(read_selection(_working_directory()))
    os.environ.update(selection.to_environment())
    return Registry.load(selection)


def _working_directory() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise UsageError("The working directory does not exist any more. Change to one that does.") from error


def _remember(ctx: click.Context, parameter: click.Parameter, value: Sequence[str]) -> None:
    if value and parameter.name is not None:
        ctx.meta.setdefault(KEY, {})[parameter.name] = value


_OPTIONS = (
    click.option(
        "--no-plugin",
        multiple=True,
        metavar="NAME",
        expose_value=False,
        callback=_remember,
        help="Switch a plugin off, by any of its names.",
    ),
    click.option(
        "--only-plugin",
        multiple=True,
        metavar="NAME",
        expose_value=False,
        callback=_remember,
        help="Switch off all plugins but these and the core.",
    ),
    click.option(
        "--plugins-dir",
        multiple=True,
        metavar="DIR",
        expose_value=False,
        callback=_remember,
        help="Load each .py file in DIR as a plugin.",
    ),
)


plugin_options = option_group(_OPTIONS)
"""Gives a command the options that choose plugins; ``selected_registry`` obeys them."""
