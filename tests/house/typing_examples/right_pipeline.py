"""A pipeline that type checkers must find right."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Self

from pipeline_optimization import Pipeline, PipelineReport, Resource, run, run_async, task
from pipeline_optimization.builtin.retry_policies import FixedOptions, FixedPolicy
from pipeline_optimization.ends import Count


def words(line: str) -> list[str]:
    return line.split()


def letters(word: str) -> Iterator[str]:
    yield from word


@task(failure_rate=0.1, permanent=(ValueError,), retry="exponential", timeout=10)
def length(word: str) -> int:
    return len(word)


@task(retry=("fixed", {"attempts": 3}), timeout=0.5, limit=8, rate="50/s", burst=5)
async def later(value: int) -> float:
    return value / 2


@task(retry=FixedPolicy(FixedOptions(attempts=3)))
def is_long(word: str) -> bool:
    return len(word) > 3


@contextmanager
def session() -> Iterator[bytes]:
    yield b""


@asynccontextmanager
async def async_session() -> AsyncIterator[str]:
    yield ""


class Connection:
    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None: ...


@task(using=session, timeout=10)
def locate(value: int, opened: bytes) -> str:
    return opened.decode() * value


@task(using=Resource(Connection, is_shared=True, broken=(OSError,)))
def look_up(value: int, opened: Connection) -> list[float]:
    return [value / 2]


@task(using=async_session)
async def fetch(value: float, opened: str) -> str:
    return f"{opened}{value}"


def add(total: int, value: int) -> int:
    return total + value


def zero() -> int:
    return 0


def use() -> dict[str, int]:
    report: PipelineReport[dict[str, int]] = run(Pipeline("p").lines().flat_map(words).count(), Path("a.txt"))
    total: int = run(Pipeline("p").lines().flat_map(letters).map(length).reduce(zero, add, add), "text").result
    halves: list[float] = run(Pipeline("p").values(int).map(later).collect(), [1, 2]).result
    grouped: dict[bool, dict[str, int]] = run(Pipeline("p").values(str).group(is_long, Count()), ["a"]).result
    fetched: list[str] = run(Pipeline("p").values(int).flat_map(look_up).map(fetch).collect(), [1]).result
    located: str = locate(1) + locate(1, b"") + fetched[0]
    plain: int = length("cat") + length.plain("cat")
    return {**report.result, **grouped[True], "all": total + plain + len(halves) + len(located)}


async def use_async() -> list[str]:
    report = await run_async(Pipeline("p").lines().filter(is_long).top(3, len), Path("a.txt"))
    return report.result
