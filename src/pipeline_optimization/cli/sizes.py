"""Sizes as the command line takes them."""

from __future__ import annotations

import click

from pipeline_optimization.sizes import parse_size

__all__ = ["SIZE"]


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
