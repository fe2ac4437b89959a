"""Steps that are no plain functions. Worker processes import this module."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from pipeline_optimization import task


def times(value: int, factor: int = 2) -> int:
    return value * factor


async def times_later(value: int, factor: int = 2) -> int:
    return value * factor


class Scale:
    """Multiplies, in each way that a class has."""

    other: ClassVar[int] = 5

    def __init__(self, factor: int) -> None:
        self.factor = factor

    def __call__(self, value: int) -> int:
        return value * self.factor

    @task(retry="none")
    def method(self, value: int) -> int:
        return value * self.factor

    @task
    async def later(self, value: int) -> int:
        return value * self.factor

    @classmethod
    @task
    def of_class(cls, value: int) -> int:
        return value * cls.other

    @staticmethod
    @task
    def static(value: int) -> int:
        return value * 6


class ScaleLater:
    async def __call__(self, value: int) -> int:
        return value * 7


class Inherits(ScaleLater):
    pass


CALLABLES: dict[str, tuple[Callable[..., Any], int]] = {
    "task of a partial": (task(partial(times, factor=4)), 4),
    "task of an object": (task(Scale(3)), 3),
    "partial of a task": (partial(task(times), factor=4), 4),
    "method": (Scale(3).method, 3),
    "method that awaits": (Scale(3).later, 3),
    "class method": (Scale.of_class, 5),
    "static method": (Scale.static, 6),
    "object that awaits": (ScaleLater(), 7),
    "object that inherits how it awaits": (Inherits(), 7),
    "task of an object that awaits": (task(ScaleLater()), 7),
    "partial that awaits": (partial(times_later, factor=8), 8),
}
