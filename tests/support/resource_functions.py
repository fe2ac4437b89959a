"""Functions of pipelines that use resources, which note what is opened and closed, and by whom. Workers import them."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from attrs import define

from pipeline_optimization import Resource, task
from pipeline_optimization.errors import BrokenResourceError


def home() -> Path:
    """Return where the notes are: worker processes may be older than the test, and have the environment of before."""
    return Path(os.environ["ANAGRAM_CACHE_DIR"]).parent / f"resources-{os.environ.get('PYTEST_XDIST_WORKER', '')}"


def note(what: str, who: object) -> None:
    with (home() / "log").open("a") as log:
        log.write(f"{what} {who} {os.getpid()} {threading.get_ident()}\n")


@define
class Session:
    """Something that is open, or is not."""

    name: str
    is_open: bool = True
    is_broken: bool = False

    def ask(self, number: int) -> int:
        assert self.is_open
        assert not self.is_broken
        return number * 2


@contextmanager
def session() -> Iterator[Session]:
    opened = Session("session")
    note("open", opened.name)
    try:
        yield opened
    finally:
        opened.is_open = False
        note("close", opened.name)


@asynccontextmanager
async def async_session() -> AsyncIterator[Session]:
    opened, opener = Session("async"), asyncio.current_task()
    await asyncio.sleep(0)
    note("open", opened.name)
    try:
        yield opened
    finally:
        await asyncio.sleep(0)
        assert asyncio.current_task() is opener
        opened.is_open = False
        note("close", opened.name)


@task(using=session)
def double(number: int, opened: Session) -> int:
    return opened.ask(number)


@task(using=session, timeout=60.0)
def double_alone(number: int, opened: Session) -> int:
    """Do the same in an attempt for each element."""
    return opened.ask(number)


@task(using=Resource(session, is_shared=True))
def double_shared(number: int, opened: Session) -> int:
    return opened.ask(number)


@task(using=session)
def twice(number: int, opened: Session) -> Iterator[int]:
    """Use the resource while what is yielded is taken."""
    for _ in range(2):
        yield opened.ask(number)


@task(using=async_session)
async def double_async(number: int, opened: Session) -> int:
    await asyncio.sleep(0)
    return opened.ask(number)


@task(using=session)
async def double_sync_resource(number: int, opened: Session) -> int:
    await asyncio.sleep(0)
    return opened.ask(number)


@contextmanager
def unlucky() -> Iterator[Session]:
    """Fail to open three times."""
    if any(_first_time(f"failed {number}") for number in range(3)):
        raise ConnectionError("refused")
    yield Session("lucky")


@task(using=unlucky, retry=("fixed", {"attempts": 10, "delay": 0.0}))
def double_unlucky(number: int, opened: Session) -> int:
    return opened.ask(number)


@task(using=session, retry=("fixed", {"attempts": 2, "delay": 0.0}))
def breaking(number: int, opened: Session) -> int:
    """Break the resource at the number 3, once."""
    if number == 3 and _first_time("broken"):
        opened.is_broken = True
        raise BrokenResourceError("the server hung up")
    return opened.ask(number)


@task(using=Resource(session, broken=(ConnectionError,)), retry=("fixed", {"attempts": 2, "delay": 0.0}))
def breaking_by_type(number: int, opened: Session) -> int:
    if number == 3 and _first_time("broken"):
        opened.is_broken = True
        raise ConnectionResetError("reset by peer")
    return opened.ask(number)


@task(using=Resource(async_session, broken=(ConnectionError,)), retry=("fixed", {"attempts": 2, "delay": 0.0}))
async def breaking_async(number: int, opened: Session) -> int:
    if number == 3 and _first_time("broken"):  # others use it still
        raise ConnectionResetError("reset by peer")
    await asyncio.sleep(0)
    return opened.ask(number)


def _first_time(what: str) -> bool:
    try:
        (home() / what).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def not_a_manager() -> object:
    return object()


@task(using=not_a_manager)  # type: ignore[arg-type]  # the mistake that is tested
def with_nothing(number: int, opened: object) -> int:
    return number


@task(using=async_session)
def sync_with_async(number: int, opened: Session) -> int:
    return opened.ask(number)


@contextmanager
def sticky() -> Iterator[Session]:
    """Fail to close."""
    note("open", "sticky")
    yield Session("sticky")
    raise OSError("device is busy")


@task(using=sticky)
def double_sticky(number: int, opened: Session) -> int:
    return opened.ask(number)


@contextmanager
def quiet() -> Iterator[Session]:
    """Close at once, and note nothing."""
    yield Session("quiet")


@task(using=quiet)
def double_quiet(number: int, opened: Session) -> int:
    return opened.ask(number)


@contextmanager
def endless() -> Iterator[Session]:
    """Never close."""
    yield Session("endless")
    threading.Event().wait()


@task(using=endless)
def double_endless(number: int, opened: Session) -> int:
    return opened.ask(number)


@asynccontextmanager
async def async_endless() -> AsyncIterator[Session]:
    """Never close."""
    yield Session("async")
    threading.Event().wait()


@task(using=async_endless)
async def double_async_endless(number: int, opened: Session) -> int:
    return opened.ask(number)


@task(using=session)
def interrupting(number: int, opened: Session) -> int:
    """Send Ctrl-C to the run, from within."""
    if number == 3:
        os.kill(os.getpid(), signal.SIGINT)
    return opened.ask(number)
