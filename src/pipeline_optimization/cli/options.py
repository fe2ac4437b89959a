"""Parts of which commands make their options: a group of options that several commands have, and the type of a size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from pipeline_optimization.sizes import parse_size

__all__ = ["SIZE", "option_group"]

F = TypeVar("F", bound=Callable[..., Any])


def option_group(options: Sequence[Callable[[Any], Any]]) -> Callable[[F], F]:
    """Return a decorator that gives a command several of click's options, in order."""

    def give(command: F) -> F:
        # Decorators are applied from the last to the first.
        for option in reversed(options):
            command = option(command)
        return command

    return give


class _Size(click.ParamType[int]):
    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        try:
            size = parse_size(str(value))
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)
        if size < 1:
            self.fail(f"{value!r} is less than 1 byte.", param, ctx)
        return size


SIZE = _Size()
"""The type of an option that is a number of bytes, with a unit or without."""
