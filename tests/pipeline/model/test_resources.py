"""Resources of tasks, ``@task(using=...)``: opened once a worker, closed at its end, and opened anew where they fail or break."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import resource_functions as functions
from pipeline_optimization import Limits, Pipeline, Resource, run, run_async, task
from pipeline_optimization.errors import OptionError, RunInterrupted
from pipeline_optimization.testing import check_pipeline

LOCAL: dict[str, dict[str, object]] = {
    "sequential": {},
    "threaded": {"workers": 3},
    "asyncio": {},
    "multiprocess": {"workers": 2},
}
ON_EACH = pytest.mark.parametrize("orchestrator", LOCAL)
NUMBERS = range(40)
DOUBLED = [2 * number for number in NUMBERS]


class Log:
    """What was opened and closed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self) -> list[list[str]]:
        return [line.split() for line in self.path.read_text().splitlines()] if self.path.exists() else []

    def number(self, what: str) -> int:
        return sum(entry[0] == what for entry in self.entries())

    def openings_by(self, place: Callable[[list[str]], object]) -> Counter[object]:
        return Counter(place(entry) for entry in self.entries() if entry[0] == "open")


@pytest.fixture
def log() -> Iterator[Log]:
    home = functions.home()
    home.mkdir()
    yield Log(home / "log")
    shutil.rmtree(home)


def doubled(function: Callable[..., Any], orchestrator: str, **options: Any) -> Any:
    return run(
        Pipeline("p").values(int).map(function).collect(),
        NUMBERS,
        orchestrator=orchestrator,
        orchestrator_options=LOCAL[orchestrator],
        **options,
    )


@ON_EACH
@pytest.mark.parametrize("name", ["double", "double_shared", "double_async", "double_sync_resource"])
def test_opened_once_and_closed(name: str, orchestrator: str, log: Log) -> None:
    """Each worker opens a resource once at most, and closes it, in the thread that opened it unless threads share it."""
    assert doubled(getattr(functions, name), orchestrator).result == DOUBLED
    assert log.number("open") == log.number("close") >= 1
    by_thread = log.openings_by(lambda entry: (entry[2], entry[3]))
    assert set(by_thread.values()) == {1}
    if name == "double_shared":
        assert set(log.openings_by(lambda entry: entry[2]).values()) == {1}
    else:
        assert Counter((entry[2], entry[3]) for entry in log.entries() if entry[0] == "close") == by_thread


@ON_EACH
def test_two_steps_share_one(orchestrator: str, log: Log) -> None:
    """Tasks that name the same function have what it opens in common; a generator uses it while it is read."""
    pipeline = Pipeline("p").values(int).map(functions.double).flat_map(functions.twice).collect()
    report = run(pipeline, NUMBERS, orchestrator=orchestrator, orchestrator_options=LOCAL[orchestrator])
    assert report.result == [4 * number for number in NUMBERS for _ in range(2)]
    assert set(log.openings_by(lambda entry: (entry[2], entry[3])).values()) == {1}


@ON_EACH
def test_failed_openings_are_retried(orchestrator: str, log: Log) -> None:
    """An error of opening is that of the element, which is tried again by its policy, and opens anew."""
    report = doubled(functions.double_unlucky, orchestrator)
    assert report.is_complete
    assert report.result == DOUBLED
    assert report.tasks["double_unlucky"].errors["ConnectionError"] >= 3


@ON_EACH
@pytest.mark.parametrize("name", ["breaking", "breaking_by_type", "breaking_async"])
def test_broken_resources_are_opened_anew(name: str, orchestrator: str, log: Log) -> None:
    """What breaks is closed once, and the next call has another; the element that met it is tried again."""
    report = doubled(getattr(functions, name), orchestrator)
    assert report.is_complete
    assert report.result == DOUBLED
    assert report.retries == 1
    assert log.number("open") == log.number("close") >= 2


def test_a_shared_one_that_broke_is_closed_by_its_last_user(log: Log) -> None:
    """Other threads that use it meanwhile end their calls before it is closed."""
    meeting, left = threading.Barrier(2, timeout=20), threading.Event()
    seen = []

    @task(using=Resource(functions.session, is_shared=True, broken=(ConnectionError,)), timeout=60.0)
    def use(number: int, opened: functions.Session) -> bool:
        meeting.wait()
        if number:
            left.set()
            raise ConnectionError
        left.wait(20)
        seen.append(opened.is_open)
        return True

    report = run(
        Pipeline("p").values(int).map(use).collect(),
        [0, 1],
        orchestrator="threaded",
        orchestrator_options={"workers": 2},
        retry_options={"attempts": 1},
    )
    assert seen == [True]
    assert report.result == [True]
    assert log.number("open") == log.number("close") == 1


@ON_EACH
def test_closed_after_a_stop(orchestrator: str, log: Log) -> None:
    """What stops a run leaves nothing open that an idle worker has."""
    left = iter(range(3))
    report = doubled(functions.double_alone, orchestrator, should_stop=lambda: next(left, None) is None)
    assert report.stop is not None
    assert log.number("open") == log.number("close")


@pytest.mark.parametrize("orchestrator", ["sequential", "threaded", "asyncio"])
def test_closed_after_ctrl_c(orchestrator: str, log: Log) -> None:
    """A signal in the middle of an element leaves nothing open."""
    with pytest.raises(RunInterrupted):
        doubled(functions.interrupting, orchestrator)
    assert log.number("open") == log.number("close") >= 1


@ON_EACH
def test_closed_after_the_deadline(orchestrator: str, log: Log) -> None:
    """A run whose time is over closes what it has opened."""
    report = doubled(functions.double, orchestrator, limits=Limits(deadline=1e-9, grace=20.0))
    assert report.stop is not None
    assert log.number("open") == log.number("close")


@pytest.mark.parametrize("is_shared", [False, True])
def test_a_run_does_not_wait_for_an_opening_that_hangs(is_shared: bool, log: Log) -> None:
    """It ends in time, and what is opened after that is closed at once."""
    answers = threading.Event()

    @contextmanager
    def hanging() -> Iterator[functions.Session]:
        answers.wait(60)
        with functions.session() as session:
            yield session

    @task(using=Resource(hanging, is_shared=is_shared))
    def use(number: int, opened: functions.Session) -> int:
        return opened.ask(number)

    limits = Limits(deadline=0.1, grace=0.1)
    pipeline = Pipeline("p").values(int).map(use).collect()
    others = set(threading.enumerate())  # other tests of this process leave threads that hang
    report = run(pipeline, NUMBERS, orchestrator="threaded", orchestrator_options={"workers": 2}, limits=limits)
    assert report.stop is not None
    assert log.number("open") == 0
    workers = set(threading.enumerate()) - others
    answers.set()
    for thread in workers:
        thread.join()
    assert workers
    assert log.number("open") == log.number("close") >= 1


def test_a_run_does_not_wait_for_an_asynchronous_opening_that_hangs(log: Log) -> None:
    """The opening is cancelled."""
    cancelled = []

    @asynccontextmanager
    async def hanging() -> AsyncIterator[functions.Session]:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append("opening")
            raise
        yield functions.Session("never")

    @task(using=hanging)
    async def use(number: int, opened: functions.Session) -> int:
        return opened.ask(number)

    pipeline = Pipeline("p").values(int).map(use).collect()
    report = run(pipeline, NUMBERS, orchestrator="asyncio", limits=Limits(deadline=0.1, grace=0.1))
    assert report.stop is not None
    assert cancelled == ["opening"]


def test_closed_where_a_failure_ends_the_run(log: Log) -> None:
    """A source that cannot be read raises out of the run, and what is open is closed."""

    def numbers() -> Iterator[int]:
        yield from range(5000)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(Pipeline("p").values(int).map(functions.double).sum(), numbers())
    assert log.number("open") == log.number("close") == 1


def test_closing_that_fails(log: Log, capfd: pytest.CaptureFixture[str]) -> None:
    """The run is right all the same, and standard error names what could not be closed."""
    assert doubled(functions.double_sticky, "sequential").result == DOUBLED
    assert "The resource sticky could not be closed: OSError: device is busy." in capfd.readouterr().err


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("with_nothing", "not_a_manager returned an object of type object, which is no context manager."),
        ("sync_with_async", "async_session opens an asynchronous resource, which only coroutine functions can use."),
    ],
)
def test_what_cannot_be_opened(name: str, message: str, log: Log) -> None:
    """It fails each element at once, since another attempt would meet it again, and says what to do."""
    report = doubled(getattr(functions, name), "sequential", limits=Limits(breaker=0))
    assert report.retries == 0
    assert len(report.failed_items) == len(NUMBERS)
    assert message in report.failed_items[0].error.message


def test_in_a_running_loop(log: Log) -> None:
    """In a notebook, coroutines run beside the loop that runs, all of a thread in one loop of its own."""

    async def main() -> Any:
        pipeline = Pipeline("p").values(int).map(functions.double_async).collect()
        here = run(pipeline, NUMBERS)
        elsewhere = await run_async(pipeline, NUMBERS, orchestrator="asyncio")
        return here.result, elsewhere.result

    assert asyncio.run(main()) == (DOUBLED, DOUBLED)
    assert log.number("open") == log.number("close") == 2


def test_direct_calls(log: Log) -> None:
    """A direct call opens the resource for itself, or takes one."""
    assert functions.double(2) == 4
    assert list(functions.twice(2)) == [4, 4]
    assert asyncio.run(functions.double_async(2)) == 4
    assert log.number("open") == log.number("close") == 3
    assert functions.double(2, functions.Session("mine")) == 4
    assert log.number("open") == 3


def test_given_arguments(log: Log) -> None:
    """Arguments that are given by name reach the function beside its resource."""

    @task(using=functions.session)
    def times(number: int, opened: functions.Session, *, factor: int = 1) -> int:
        return opened.ask(number) * factor

    assert doubled(partial(times, factor=3), "threaded").result == [6 * number for number in NUMBERS]


def _generator() -> Iterator[int]:
    yield 1


@contextmanager
def _needs(name: str) -> Iterator[str]:
    yield name


@pytest.mark.parametrize(
    ("using", "message"),
    [
        (_needs("x"), "and not what it returns"),
        (3, "It was given an object of type int"),
        (_generator, "decorate _generator with contextlib.contextmanager"),
        (_needs, "_needs must be callable without arguments"),
    ],
)
def test_wrong_resources(using: Any, message: str) -> None:
    """A mistake is told where the task is made, with its name."""
    with pytest.raises(OptionError, match=message) as caught:

        @task(using=using)
        def parse(line: str, opened: object) -> str:
            return line

    assert "@task of test_wrong_resources.<locals>.parse" in str(caught.value)


def test_a_function_without_room_for_it() -> None:
    """A function takes its resource as its second argument."""
    with pytest.raises(OptionError, match="parse must take two arguments"):

        @task(using=functions.session)  # type: ignore[arg-type]  # the mistake that is tested
        def parse(line: str) -> str:
            return line


def test_the_contract_of_pipelines(log: Log) -> None:
    """The kit calls functions with their resources, and finds nothing wrong in a pipeline of such."""
    pipeline = (
        Pipeline("p").values(int).map(functions.double).flat_map(functions.twice).map(functions.double_async).sum()
    )
    results = check_pipeline(pipeline, list(range(10)), orchestrators=("sequential", "threaded"))
    assert {result.name: result.detail for result in results if result.status == "failed"} == {}
    assert log.number("open") == log.number("close")
