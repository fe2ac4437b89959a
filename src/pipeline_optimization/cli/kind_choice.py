"""A kind of component as the value of an option."""

from __future__ import annotations

from collections.abc import Sequence

import click

from pipeline_optimization.registry import KINDS, kind_named

__all__ = ["KindChoice"]


class KindChoice(click.Choice[str]):
    """One of the kinds, in any way to write it, or one of some other words."""

    def __init__(self, others: Sequence[str] = ()) -> None:
        super().__init__([*KINDS, *others])

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        word = str(value)
        return super().convert(kind_named(word) or word, param, ctx)
