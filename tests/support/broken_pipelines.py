"""Pipelines that are wrong in one way each. They are in a module of their own, as workers must be able to import their functions."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import count
from operator import add
from typing import Any

from attrs import evolve, frozen

from pipeline_optimization import Pipeline
from pipeline_optimization.pipeline.model.contents import Contents, Members
from pipeline_optimization.pipeline.model.elements import ElementPath
from pipeline_optimization.pipeline.model.inputs import Values
from pipeline_optimization.pipeline.model.parts import Number, Part, all_together
from pipeline_optimization.pipeline.model.steps import CompletePipeline
from pipeline_optimization.sources import TextSource

__all__ = ["BROKEN_PIPELINES"]

NUMBERS = Pipeline("numbers").values(int)


def same(value: int) -> int:
    return value


def refuse(pid: int) -> Callable[[int], int]:
    """Return a function in the process that it was made in only."""
    if os.getpid() != pid:
        raise RuntimeError("not here")
    return StaysAtHome()


class StaysAtHome:
    """Cannot be loaded elsewhere."""

    def __call__(self, value: int) -> int:
        return value

    def __reduce__(self) -> tuple[object, ...]:
        return refuse, (os.getpid(),)


_calls = count()


def numbered(value: int) -> tuple[int, int]:
    """Count the calls."""
    return value, next(_calls)


def smallest(values: list[int]) -> int:
    """Sort the element itself."""
    values.sort()
    return values[0]


def one() -> int:
    return 1


def average(total: float, other: float) -> float:
    """Be commutative, and neutral for 0, and not associative."""
    return (total + other) / 2 if total and other else total + other


@frozen
class CountsBundles:
    """An end that counts how often it is called."""

    def zero(self) -> int:
        return 0

    def add(self, total: int, elements: Iterable[tuple[ElementPath, int]]) -> int:
        return total + 1

    def merge(self, total: int, other: int) -> int:
        return total + other

    def result(self, total: int) -> int:
        return total


def is_in_main_thread(value: int) -> bool:
    return threading.current_thread() is threading.main_thread()


MISSING: Any = object()


def marked(value: int) -> Any:
    return MISSING if value % 2 else value


def is_missing(value: Any) -> bool:
    """Know a value by its identity, which ends at a process's border."""
    return value is MISSING


@frozen
class Forgetful(Members):
    """Elements of which half are forgotten where they are split."""

    def split(self, pieces: int = 16) -> Sequence[tuple[ElementPath, Contents]]:
        return super().split(pieces)[::2]


@frozen
class ForgetfulValues(Values):
    """Values in such parts."""

    def parts(
        self, given: Iterable[Any], chunk_size: int, *, encoding: str, inline: bool, at_once: Number = all_together
    ) -> Iterator[Part]:
        for part in super().parts(given, chunk_size, encoding=encoding, inline=inline, at_once=at_once):
            assert isinstance(part.contents, Members)
            yield evolve(part, contents=Forgetful(part.contents.number, part.contents.first, part.contents.values))


VALUES = list(range(40))
TEXT = TextSource("some lines\nof text\nof several\nlengths\n\n" * 20)

BROKEN_PIPELINES: dict[str, tuple[CompletePipeline[Any, Any], Any, str, str]] = {
    "empty": (NUMBERS.sum(), [], "has_elements", "has too few elements: 0"),
    "stays at home": (NUMBERS.map(StaysAtHome()).sum(), VALUES, "functions_reach_workers", "RuntimeError: not here"),
    "counts calls": (NUMBERS.map(numbered).count(), VALUES, "functions_are_repeatable", "numbered(0) was (0, "),
    "sorts": (
        Pipeline("p").values(list).map(smallest).sum(),
        [[2, 1], [4, 3]],
        "functions_leave_elements_alone",
        "smallest made [1, 2] of its element [2, 1]",
    ),
    "begins with 1": (NUMBERS.reduce(one, add, add), VALUES, "zero_is_neutral", "and with zero()"),
    "concatenates": (Pipeline("p").lines().reduce(str, add, add), TEXT, "merge_is_commutative", "the other way round"),
    "averages": (NUMBERS.reduce(float, average, average), VALUES, "merge_is_associative", "from the left"),
    "counts bundles": (
        NUMBERS.group(same, CountsBundles()),
        [1, 1, 1, 1],
        "parts_add_up",
        "give {1: 2}, and together {1: 1}",
    ),
    "knows its thread": (NUMBERS.map(is_in_main_thread).count(), VALUES, "same_on_every_orchestrator", "On threaded"),
    "counts cuts": (
        Pipeline("p").chunks().map(len).count(),
        TEXT,
        "same_for_every_chunk_size",
        "With a chunk size of 16",
    ),
    "knows identities": (
        NUMBERS.map(marked).map(is_missing).count(),
        VALUES,
        "failures_change_nothing",
        "When calls failed",
    ),
    "forgets": (evolve(NUMBERS.sum(), input=ForgetfulValues()), VALUES, "deaths_change_nothing", "When workers died"),
    "keeps fractions": (
        Pipeline("p").lines().map(len).map(Fraction).reduce(Fraction, add, add),
        TEXT,
        "survives_a_stop",
        "a checkpoint keeps numbers",
    ),
}
"""Each with its input, the check that catches it, and words of what is said."""
