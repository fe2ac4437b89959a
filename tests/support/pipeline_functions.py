"""Functions of pipelines that tests run. They are in a module of their own, as workers must be able to import them."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from operator import add
from pathlib import Path

from pipeline_optimization import Pipeline, task


def words(line: str) -> list[str]:
    return line.split()


def letters(word: str) -> Iterator[str]:
    yield from word


def upper(word: str) -> str:
    return word.upper()


def nap(word: str) -> str:
    """Block the thread for 20 ms, as a call of a service does."""
    time.sleep(0.02)
    return word


def is_long(word: str) -> bool:
    return len(word) > 3


def is_fourth(line: str) -> bool:
    return int(line) % 4 == 0


def number(line: str) -> int:
    return int(line)


def weights(line: str) -> Mapping[str, float]:
    """Return a counter that counts no integers, as programs use them."""
    return Counter({line: 0.5, "all": True})


def huge(line: str) -> int:
    """Return a number, of which 3 has more digits than Python writes."""
    return 10**5000 if line == "3" else int(line)


def half(value: int) -> float:
    return value / 2


def parity(value: int) -> str:
    return "odd" if value % 2 else "even"


def picky(word: str) -> str:
    """Fail for words that begin with x, always."""
    if word.lower().startswith("x"):
        raise ValueError(f"no word: {word}")
    return word


@task(permanent=(ValueError,))
def strict(word: str) -> str:
    return picky(word)


@task(failure_rate=0.3, sleep_time=0.1)
def flaky(word: str) -> str:
    return word


@task(failure_rate=0.2, sleep_time=0.1)
async def far(word: str) -> str:
    await asyncio.sleep(0)
    return word.upper()


def moody(word: str) -> str:
    """Fail for words that begin with x while the mood is bad."""
    return picky(word) if "MOOD" in os.environ else word


def imaginary(value: int) -> object:
    return complex(value) if value == 13 else value


def exits(value: int) -> int:
    if value == 13:
        sys.exit("thirteen")
    return value


def kills(value: int) -> int:
    if value == 13:
        os._exit(1)
    return value


def deadly(line: str) -> str:
    """End the process for lines that begin with x."""
    if line.startswith("x"):
        os._exit(3)
    return line


def deadly_and_removing(path: str, line: str) -> str:
    """Remove a file, and end the process."""
    Path(path).unlink()
    os._exit(3)


def hanging(line: str) -> str:
    """Take longer than any limit for lines that begin with x."""
    if line.startswith("x"):
        time.sleep(600)
    return line


def number_in(record: Mapping[str, str]) -> int:
    return int(record["n"])


def stops_generating(value: int) -> Iterator[int]:
    yield value
    if value == 13:
        raise ValueError("in the middle")


def unsendable(value: int) -> object:
    return (lambda: value) if value == 13 else value


def locked(value: int) -> object:
    return threading.Lock() if value == 13 else value


@task(timeout=60)
def slowly(value: object) -> int:
    assert isinstance(value, int)
    return value


def textual(value: int) -> object:
    return "thirteen" if value == 13 else value


@task(sleep_time=0.1)
def after(value: object) -> object:
    return value


def nothing() -> int:
    return 0


ADD = add
WORDS = Pipeline("words").lines().flat_map(words)
"""The beginning of several."""


def meet_others(value: tuple[str, int]) -> int:
    """Wait until four calls are here at once, in whichever process or thread each of them is."""
    folder, number = Path(value[0]), value[1]
    (folder / str(number)).touch()
    until = time.monotonic() + 20
    while len(list(folder.iterdir())) < 4:
        if time.monotonic() > until:
            raise TimeoutError("the others did not come")
        time.sleep(0.001)  # other processes work in real time
    return number
