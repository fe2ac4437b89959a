"""Pipelines of the kit's own, for whole runs. Their functions are found by name, so that they can be sent anywhere."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline_optimization.pipeline.model.steps import Pipeline
from pipeline_optimization.tasks.task_decorator import task

__all__ = ["SQUARES", "TEXT", "TOTAL"]

TEXT = "3 1 4 1 5\n9 2 6 5\n3 5 8\n9 7\n\n9 3 2 3 8\n4 6 2\n"
"""Numbers, several in a line, some of them repeated."""


def numbers(line: str) -> Iterator[int]:
    """Find the numbers of a line."""
    yield from map(int, line.split())


@task(failure_rate=0.1, sleep_time=0.5)
def square(number: int) -> int:
    """Call something near."""
    return number * number


def is_small(number: int) -> bool:
    """Keep a number of at most two digits."""
    return number < 100


@task(failure_rate=0.25, sleep_time=1.0)
def describe(number: int) -> tuple[str, int]:
    """Call something far away."""
    return ("even", "odd")[number % 2], number


SQUARES = Pipeline("squares").lines().flat_map(numbers).map(square).filter(is_small).map(describe).count()
"""How often each square occurs. It has functions that make several outputs of one element, that drop some, and two that fail."""

TOTAL = Pipeline("total").lines().flat_map(numbers).sum()
"""The sum of all numbers. It is a second pipeline for runs one after another."""
