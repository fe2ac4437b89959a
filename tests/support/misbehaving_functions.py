"""Functions that misbehave at the value 13, each in a way of its own. Workers import them."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, NoReturn

from pipeline_optimization import task

GO_ON = threading.Event()
"""Ends the threads that were left behind in this process."""

CHILDREN: list[int] = []
"""The processes that this one has forked."""


class UnpicklableError(Exception):
    def __init__(self) -> None:
        super().__init__("held")
        self.lock = threading.Lock()


class SilentError(Exception):
    def __str__(self) -> str:
        raise SystemExit("no message")

    __repr__ = __str__


class Odd(BaseException):
    pass


class Shy:
    """Cannot be shown, and cannot be pickled."""

    def __repr__(self) -> str:
        raise Odd

    def __reduce__(self) -> NoReturn:
        raise Odd


def _wake() -> NoReturn:
    raise RuntimeError("it stays asleep")


class Sleeper:
    """Can be pickled, but not unpickled."""

    def __reduce__(self) -> tuple[Callable[[], object], tuple[()]]:
        return _wake, ()


def raises(value: int) -> int:
    if value == 13:
        raise ValueError("thirteen")
    return value


def raises_odd(value: int) -> int:
    if value == 13:
        raise Odd("thirteen")
    return value


def exits(value: int) -> int:
    if value == 13:
        sys.exit(3)
    return value


def interrupts(value: int) -> int:
    if value == 13:
        raise KeyboardInterrupt
    return value


def cancels(value: int) -> int:
    if value == 13:
        raise asyncio.CancelledError
    return value


async def awaits_and_cancels(value: int) -> int:
    await asyncio.sleep(0)
    return cancels(value)


async def awaits_and_exits(value: int) -> int:
    await asyncio.sleep(0)
    return exits(value)


async def awaits_and_interrupts(value: int) -> int:
    await asyncio.sleep(0)
    return interrupts(value)


def raises_unpicklable(value: int) -> int:
    if value == 13:
        raise UnpicklableError
    return value


def raises_silently(value: int) -> int:
    if value == 13:
        raise SilentError
    return value


def returns_unpicklable(value: int) -> Any:
    return threading.Lock() if value == 13 else value


def returns_shy(value: int) -> Any:
    return Shy() if value == 13 else value


def returns_sleeper(value: int) -> Any:
    return Sleeper() if value == 13 else value


@task(timeout=1.0)
def hangs(value: int) -> int:
    if value == 13:
        time.sleep(60)
    return value


def ends_process(value: int) -> int:
    if value == 13:
        os._exit(0)
    return value


def kills_process(value: int) -> int:
    if value == 13:
        os.kill(os.getpid(), signal.SIGKILL)
    return value


def closes_descriptors(value: int) -> int:
    if value == 13:
        os.closerange(3, 256)
    return value


def prints(value: int) -> int:
    if value == 13:
        print("printed")
        os.write(1, b"written\n")
    return value


def forks(value: int) -> int:
    if value == 13:
        CHILDREN.append(os.fork())
    return value


def forks_and_raises(value: int) -> int:
    if value == 13 and not os.fork():
        raise ValueError("in the child")
    return value


async def awaits_and_forks(value: int) -> int:
    await asyncio.sleep(0)
    return forks(value)


def leaks_thread(value: int) -> int:
    if value == 13:
        threading.Thread(target=GO_ON.wait, args=(60,)).start()
    return value


def changes_directory(value: int) -> int:
    if value == 13:
        os.chdir("/")
    return value


def same(value: object) -> object:
    return value


def double(value: int) -> int:
    return 2 * value


def number(line: str) -> int:
    return int(line)


def never_merges(total: int, other: int) -> int:
    raise ValueError("nothing fits")


def add(total: int, value: int) -> int:
    return total + value


def zero() -> int:
    return 0


def no_zero() -> int:
    raise ValueError("nothing to begin with")
