"""``count_anagrams_async``: a run beside the caller's event loop."""

from __future__ import annotations

import asyncio
import inspect
import io
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline_optimization import Registry, count_anagrams, count_anagrams_async
from pipeline_optimization.engine.virtual import VirtualOrchestrator
from pipeline_optimization.errors import UnknownComponentError
from pipeline_optimization.pipeline.run import Progress
from pipeline_optimization.types import Completion, OpenContext

CAT = {"act": 1, "cat": 1, "tac": 1}
PATIENCE = 30.0


class Endless(io.RawIOBase):
    """A stream of words without an end."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]  # what every raw stream is given
        view[:] = (b"cat " * (len(view) // 4 + 1))[: len(view)]
        return len(view)


@pytest.mark.parametrize("orchestrator", ["sequential", "threaded", "asyncio"])
def test_counts(orchestrator: str, registry: Registry) -> None:
    """It returns the report that the function returns, with every local orchestrator."""
    report = asyncio.run(count_anagrams_async("cat", orchestrator=orchestrator, registry=registry))
    assert report.anagram_counts == CAT
    assert report.orchestrator == orchestrator


def test_the_loop_goes_on(registry: Registry) -> None:
    """While a run waits for something that only the event loop brings about, the event loop runs."""
    is_open, may_go_on = threading.Event(), threading.Event()

    class Waiting(VirtualOrchestrator):
        def open(self, context: OpenContext) -> None:
            is_open.set()
            assert may_go_on.wait(PATIENCE), "the event loop stood still"
            super().open(context)

    async def both() -> dict[str, int]:
        run = asyncio.create_task(count_anagrams_async("cat", orchestrator=Waiting(), registry=registry))
        while not is_open.is_set():  # noqa: ASYNC110 - set in another thread
            await asyncio.sleep(0.001)
        may_go_on.set()
        return dict((await run).anagram_counts)

    assert asyncio.run(both()) == CAT


def test_cancelling_stops_the_run(registry: Registry) -> None:
    """A cancelled coroutine ends its run, whatever is left of the input, before it raises CancelledError."""

    async def cancelled() -> list[str]:
        has_begun = asyncio.Event()
        run = asyncio.create_task(
            count_anagrams_async(
                Endless(),  # type: ignore[arg-type]  # a raw stream reads like any binary file
                chunk_size=1000,
                registry=registry,
                on_progress=lambda progress: has_begun.set(),
            )
        )
        await has_begun.wait()
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        return [thread.name for thread in threading.enumerate() if thread.name == "anagram-run"]

    assert asyncio.run(cancelled()) == []


def test_a_cancelled_run_keeps_what_it_finished(tmp_path: Path, registry: Registry) -> None:
    """A checkpoint of a cancelled run goes on where the run was stopped."""
    path, book = tmp_path / "run.checkpoint", tmp_path / "book.txt"
    book.write_text("cat dog\n" * 1000)
    options = {"checkpoint": path, "chunk_size": 100, "registry": registry}
    is_cancelled = threading.Event()

    class Pausing(VirtualOrchestrator):
        """Answers once, and then waits for the cancellation."""

        has_answered = False

        def poll(self, timeout: float) -> Sequence[Completion]:
            assert not self.has_answered or is_cancelled.wait(PATIENCE), "nothing was cancelled"
            completions = super().poll(timeout)
            self.has_answered |= bool(completions)
            return completions

    async def cancelled() -> None:
        has_finished = asyncio.Event()

        def note(progress: Progress) -> None:
            if progress.items:
                has_finished.set()

        run = asyncio.create_task(
            count_anagrams_async(book, orchestrator=Pausing(slots=1), on_progress=note, **options)  # type: ignore[arg-type]  # as a mapping
        )
        await has_finished.wait()
        run.cancel()
        for _ in range(10):
            await asyncio.sleep(0)  # the cancelled coroutine has its turns, in which it hears of it
        is_cancelled.set()
        with pytest.raises(asyncio.CancelledError):
            await run

    asyncio.run(cancelled())
    report = count_anagrams(book, resume=True, **options)  # type: ignore[arg-type]  # as above
    assert report.anagram_counts["cat"] == 1000
    assert 0 < report.resumed_items < 80


def test_progress_is_told_in_the_loop(registry: Registry) -> None:
    """``on_progress`` is called in the thread of the event loop, where it can touch what the loop's tasks touch."""
    threads: set[int] = set()

    async def counted() -> None:
        await count_anagrams_async(
            "cat", registry=registry, on_progress=lambda progress: threads.add(threading.get_ident())
        )
        await asyncio.sleep(0)

    asyncio.run(counted())
    assert threads == {threading.get_ident()}


def test_errors_are_raised_where_it_is_awaited(registry: Registry) -> None:
    """What the function raises, awaiting raises."""
    with pytest.raises(UnknownComponentError, match="Unknown orchestrator 'asynchio'"):
        asyncio.run(count_anagrams_async("cat", orchestrator="asynchio", registry=registry))


def test_signature() -> None:
    """It takes what ``count_anagrams`` takes."""
    assert inspect.signature(count_anagrams_async).parameters == inspect.signature(count_anagrams).parameters
    assert inspect.iscoroutinefunction(count_anagrams_async)


def test_stopping_a_run_from_another_thread(registry: Registry) -> None:
    """A run whose ``should_stop`` says so ends with what it finished, and its report says why."""
    asked: list[bool] = []

    def after_three() -> bool:
        asked.append(True)
        return len(asked) > 3

    report = count_anagrams(Endless(), chunk_size=1000, registry=registry, should_stop=after_three)  # type: ignore[arg-type]  # as above
    assert not report.is_complete
    assert report.stop is not None
    assert (report.stop.kind, report.stop.reason) == ("cancelled", "the program that started it asked it to end")
    assert report.anagram_counts["cat"] > 0
