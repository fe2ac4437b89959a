"""Coroutine functions of pipelines that tests run. They are in a module of their own, as workers must be able to import them."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar

from pipeline_optimization import task

ODD = 13

whose: ContextVar[int] = ContextVar("whose", default=0)


async def turn() -> None:
    await asyncio.sleep(0)


async def fails(value: int) -> int:
    await turn()
    if value == ODD:
        raise ValueError("thirteen")
    return value


async def exits(value: int) -> int:
    await turn()
    if value == ODD:
        sys.exit("thirteen")
    return value


async def interrupts(value: int) -> int:
    await turn()
    if value == ODD:
        raise KeyboardInterrupt
    return value


async def is_cancelled(value: int) -> int:
    await turn()
    if value == ODD:
        raise asyncio.CancelledError
    return value


async def cancels_itself(value: int) -> int:
    if value == ODD:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
    await turn()
    return value


async def stops(value: int) -> int:
    await turn()
    if value == ODD:
        raise StopAsyncIteration
    return value


def no_coroutine(value: int) -> int:
    """Be called with too much: it raises before there is anything to await."""
    return value


async def forks(value: int) -> int:
    """Let a child of the worker come back as if it were the worker."""
    await turn()
    if value == ODD and (child := os.fork()):
        os.waitpid(child, 0)  # noqa: ASYNC222 - it ends at once
    return value


async def kills(value: int) -> int:
    await turn()
    if value == ODD:
        os._exit(1)
    return value


async def is_alone(value: int) -> int:
    """Return what a context variable is that the call sets: another's would have left its own."""
    found = whose.get()
    whose.set(value)
    await turn()
    assert whose.get() == value
    return found


@task(timeout=1.0, retry="none")
async def hangs(value: int) -> int:
    await turn()
    if value == ODD:
        await asyncio.sleep(60)
    return value


@task(timeout=1.0, retry="none")
async def swallows(value: int) -> int:
    """Take no notice of being cancelled."""
    try:
        await asyncio.sleep(60 if value == ODD else 0)
    except asyncio.CancelledError:
        return value
    return value


@task(timeout=30, retry="none")
async def raises_timeout(value: int) -> int:
    """Raise what a time limit would, long before its time."""
    await turn()
    if value == ODD:
        raise TimeoutError
    return value


OPENED: list[str] = []


@asynccontextmanager
async def session() -> AsyncIterator[list[int]]:
    OPENED.append("opened")
    await turn()
    yield []
    OPENED.append("closed")


@task(using=session)
async def with_session(value: int, seen: list[int]) -> int:
    seen.append(value)
    await turn()
    return value


async def pair(value: int) -> list[int]:
    await turn()
    return [value, -value]


async def same(value: int) -> int:
    await turn()
    return value


async def is_even(value: int) -> bool:
    await turn()
    return value % 2 == 0


def half(value: int) -> int:
    if value == -ODD - 1:
        raise ValueError("minus fourteen")
    return value // 2
