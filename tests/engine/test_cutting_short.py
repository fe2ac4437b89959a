"""Deadlines and grace periods are kept by attempts that run in this process: they end between two pieces."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from itertools import count as count_from
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline_optimization import Limits, Pipeline, Registry, count_anagrams, run
from pipeline_optimization.anagrams import range_counting
from pipeline_optimization.anagrams.report import RunReport
from pipeline_optimization.engine import cutting
from pipeline_optimization.engine.cutting import CutShort, cutting_point, sleep_unless_over
from pipeline_optimization.errors import RunInterrupted
from pipeline_optimization.sources import Chunk, read_ranges

CHUNK = 64
PIECES = 16
"""How many pieces of one chunk the first ranges of the book have."""

IN_CALLER = ["sequential", "asyncio"]
IN_PROCESS = [*IN_CALLER, "asyncio beside a loop", "threaded", "hedged"]


class ReadingClock:
    """Only reading takes time, half a second a piece, so that nothing here depends on how fast the machine is."""

    def __init__(self) -> None:
        self.reads = 0

    def now(self) -> float:
        return 0.5 * self.reads

    def sleep(self, seconds: float) -> None:
        """Nothing waits but for reading."""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.txt"
    path.write_text("cat dog " * (CHUNK // 8) * 2000)
    return path


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> ReadingClock:
    clock = ReadingClock()

    def watched(*arguments: Any) -> Iterator[Chunk]:
        clock.reads += 1
        return read_ranges(*arguments)

    monkeypatch.setattr(range_counting, "read_ranges", watched)
    return clock


def count(orchestrator: str, book: Path, clock: ReadingClock, **arguments: Any) -> RunReport:
    name, _, place = orchestrator.partition(" ")
    options = {"concurrency": 4} if name == "asyncio" else {"workers": 2} if name == "threaded" else {}
    choice = Registry.load().orchestrator(name, options)
    instance: Any = choice.build()
    instance.clock, instance.capabilities = clock, choice.component.capabilities

    def run() -> RunReport:
        return count_anagrams(book, orchestrator=instance, chunk_size=CHUNK, kernel="python", **arguments)

    async def beside_a_loop() -> RunReport:
        return run()

    return asyncio.run(beside_a_loop()) if place else run()


@pytest.mark.parametrize("orchestrator", IN_PROCESS)
def test_a_deadline_ends_attempts(orchestrator: str, book: Path, clock: ReadingClock) -> None:
    """Once the deadline and the grace period have passed, no attempt reads another piece."""
    report = count(orchestrator, book, clock, limits=Limits(deadline=1.0, grace=0.5))
    assert report.stop is not None
    assert report.stop.kind == "deadline"
    assert 3 <= clock.reads <= 3 + 4  # threads look side by side, and each may then read a piece
    assert report.words == 0
    assert report.attempts == report.retries == 0


@pytest.mark.parametrize("orchestrator", IN_CALLER)
def test_a_program_that_asks_for_the_end_waits_for_the_grace_period(
    orchestrator: str, book: Path, clock: ReadingClock
) -> None:
    """An attempt that runs in the thread of the engine looks for it whether it should stop."""
    for deadline in (None, 3600.0):
        clock.reads = 0
        limits = Limits(grace=1.0, deadline=deadline)
        report = count(orchestrator, book, clock, limits=limits, should_stop=lambda: clock.reads >= 2)
        assert report.stop is not None
        assert report.stop.kind == "cancelled"
        assert clock.reads == 4


@pytest.mark.parametrize("orchestrator", IN_CALLER)
def test_a_program_may_ask_for_the_end_only_once(orchestrator: str, book: Path, clock: ReadingClock) -> None:
    """The answer counts for the whole run if an attempt asked, too; else the run would go on, and lose attempt after attempt."""
    answers: list[int] = []

    def once() -> bool:
        if answers or clock.reads < 2:
            return False
        answers.append(clock.reads)
        return True

    report = count(orchestrator, book, clock, limits=Limits(grace=1.0), should_stop=once)
    assert report.stop is not None
    assert report.stop.kind == "cancelled"
    assert (answers, clock.reads) == ([2], 4)


@pytest.mark.parametrize("orchestrator", IN_CALLER)
def test_after_a_signal_no_other_attempt_begins(
    orchestrator: str, book: Path, clock: ReadingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The piece under way is the last, though other attempts are ready in the same event loop."""

    def struck(*arguments: Any) -> Iterator[Chunk]:
        clock.reads += 1
        if clock.reads == 2:
            signal.raise_signal(signal.SIGINT)
        return read_ranges(*arguments)

    monkeypatch.setattr(range_counting, "read_ranges", struck)
    with pytest.raises(RunInterrupted):
        count(orchestrator, book, clock)
    assert clock.reads == 2


def test_a_giant_run_is_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run without white space is one piece of work otherwise; the deadline ends it while it is read."""
    path = tmp_path / "giant.txt"
    path.write_text("x" * (CHUNK * 40_000))
    clock = ReadingClock()

    def watched() -> Callable[[], None]:
        look = cutting_point()

        def look_once_more() -> None:
            look()
            clock.reads += 1

        return look_once_more

    monkeypatch.setattr(range_counting, "cutting_point", watched)
    report = count("sequential", path, clock, limits=Limits(deadline=1.0, grace=0.5))
    assert report.stop is not None
    assert clock.reads == 3


def test_a_sleep_ends_with_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A simulated latency in the thread of the engine ends when the run waits for it no more."""
    naps: list[float] = []
    monkeypatch.setattr(cutting, "time", SimpleNamespace(monotonic=lambda: sum(naps), sleep=naps.append))
    sleep_unless_over(0.6, lambda: False)
    assert naps == pytest.approx([0.25, 0.25, 0.1])
    naps.clear()
    with pytest.raises(CutShort):
        sleep_unless_over(1000.0, lambda: len(naps) == 3)
    assert len(naps) == 3


@pytest.mark.parametrize("at", [1, 2, 3, 4])
@pytest.mark.parametrize("orchestrator", [*IN_CALLER, "threaded"])
def test_an_error_of_should_stop_ends_the_run(orchestrator: str, at: int) -> None:
    """Also if it is raised only once, and while an attempt asks in the engine's thread. It is no error of the attempt."""
    asked = count_from(1)

    def should_stop() -> bool:
        if next(asked) == at:
            raise LookupError("no such program")
        return False

    pipeline = Pipeline("sum").lines().map(int).sum()
    with pytest.raises(LookupError, match="no such program"):
        run(pipeline, "1\n" * 100, orchestrator=orchestrator, chunk_size=10, should_stop=should_stop)
