"""Pipelines that are wrong in a way of their own at each line marked ``# wrong``; type checkers must find exactly these."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline_optimization import Pipeline, Resource, run, task


def words(line: str) -> list[str]:
    return line.split()


def double(value: int) -> int:
    return 2 * value


def add(total: int, value: int) -> int:
    return total + value


def zero() -> str:
    return ""


@contextmanager
def session() -> Iterator[bytes]:
    yield b""


@task(using=session)
def ask(number: int, opened: bytes) -> str:
    return opened.decode() * number


@task(using=session)  # wrong: it opens bytes
def misled(number: int, opened: str) -> str:
    return opened * number


@task(using=Resource(session))  # wrong: as above
def misled_again(number: int, opened: str) -> str:
    return opened * number


@task(using=session)  # wrong: nobody takes what it opens
def without(number: int) -> int:
    return number


task(using=session())  # wrong: it is called already
ask(1, "")  # wrong: a text is nothing that session opens
task(retry=3)  # wrong: a number is no policy
task(retry=("fixed", "3"))  # wrong: options are a mapping
task(timeout="10")  # wrong: a text is no time
task(limit="8")  # wrong: a text is no number
task(rate=50)  # wrong: calls in which time?
LINES = Pipeline("p").lines()
LINES.map(double)  # wrong: a line is no number
LINES.map(ask)  # wrong: nor is it for a function with a resource
LINES.flat_map(words).map(double)  # wrong: nor is a word
LINES.flat_map(double)  # wrong: nothing to iterate over
LINES.map(len).flat_map(words)  # wrong: a number is no line
LINES.map(len).reduce(zero, add, add)  # wrong: it begins with a text
LINES.top("3")  # wrong: a text is no number
run(LINES, "text")  # wrong: it has no end
NUMBER: str = run(LINES.map(len).sum(), "text").result  # wrong: the sum of numbers is a number
