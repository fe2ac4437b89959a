"""Functions of pipelines whose results are remembered; they note their calls. Workers import them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pipeline_optimization import Pipeline, task


class Unplain:
    def __repr__(self) -> str:
        return "something"


def note_call() -> None:
    with (Path(os.environ["ANAGRAM_CACHE_DIR"]).parent / "calls").open("a") as calls:
        calls.write("x")


@task(cache="1MB")
def square(number: int) -> int:
    note_call()
    return number * number


@task(cache="1MB")
async def square_async(number: int) -> int:
    note_call()
    return number * number


@task(cache="1MB")
def parts(number: int) -> Iterator[tuple[str, int]]:
    note_call()
    yield "first", number
    yield "second", number


@task(cache="1MB")
def is_odd(number: int) -> int:
    note_call()
    return number % 2


@task(cache="1MB")
def failing(number: int) -> int:
    note_call()
    if number == 3:
        raise ValueError("three")
    return number


@task(cache="1MB")
def as_object(number: int) -> object:
    return Unplain()


@task(cache="1MB")
def of_path(path: Path) -> str:
    return path.name


@task(cache="64KiB")
def long_text(number: int) -> str:
    note_call()
    return f"{number} " * 200


squares = Pipeline("squares").lines().map(int).map(square).sum()
