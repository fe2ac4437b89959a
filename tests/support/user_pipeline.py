"""A pipeline as a user writes it, with its input and what has to come of it: for runs whose processes die."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from pipeline_optimization import Pipeline, task
from pipeline_optimization.ends import Sum

__all__ = ["Book", "pipeline"]

BAD = 5_000
"""Lines of which one is no entry."""


@task(permanent=(ValueError,))
def parse(line: str) -> tuple[str, int]:
    """Read an entry."""
    customer, amount = line.split(" ")
    return customer, int(amount)


def is_due(entry: tuple[str, int]) -> bool:
    return entry[1] % 3 > 0


def customer_of(entry: tuple[str, int]) -> str:
    return entry[0]


def amount_of(entry: tuple[str, int]) -> int:
    return entry[1]


pipeline = Pipeline("due").lines().map(parse).filter(is_due).group(customer_of, Sum(amount_of))


@frozen
class Book:
    """A file of entries, with what is due of each customer, and how many lines are none."""

    path: Path
    due: Mapping[str, int]
    bad: int

    @classmethod
    def write(cls, path: Path, lines: int) -> Book:
        due: Counter[str] = Counter()
        with path.open("w") as file:
            for number in range(1, lines + 1):
                if number % BAD == 0:
                    file.write(f"customer{number % 40} nothing\n")
                    continue
                file.write(f"customer{number % 40} {number}\n")
                due[f"customer{number % 40}"] += number if number % 3 else 0
        return cls(path, dict(due), lines // BAD)
