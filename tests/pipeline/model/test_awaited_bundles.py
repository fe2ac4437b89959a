"""One attempt awaits many elements at once, and each of them is treated as if it were alone."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import awaited_functions as f
from pipeline_optimization import Limits, Pipeline, run, task
from pipeline_optimization.engine.worker import Worker
from pipeline_optimization.errors import RunInterrupted
from pipeline_optimization.pipeline.model.job import AT_ONCE

VALUES = Pipeline("p").values(int)
MIXED = VALUES.map(abs).map(f.fails).flat_map(f.pair).filter(f.is_even).map(f.half).map(f.same).sum()
LOCAL = ["sequential", "threaded", "asyncio", "multiprocess"]
AT_ONCE_AGAIN = {"attempts": 2, "base": 0.0}


def called(function: Callable[[int], Any]) -> tuple[Callable[[int], Any], Counter[int]]:
    """Return a coroutine function that counts its calls by value."""
    calls: Counter[int] = Counter()

    async def counted(value: int) -> Any:
        calls[value] += 1
        return await function(value)

    return counted, calls


def attempts_of(patch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows with each attempt that a worker of this process begins."""
    begun: list[int] = []
    run_attempt, run_async = Worker.run_attempt, Worker.run_attempt_async

    def counted(self: Worker, payload: bytes, **how: Any) -> bytes:
        begun.append(1)
        return run_attempt(self, payload, **how)

    async def counted_async(self: Worker, payload: bytes, **how: Any) -> bytes:
        begun.append(1)
        return await run_async(self, payload, **how)

    patch.setattr(Worker, "run_attempt", counted)
    patch.setattr(Worker, "run_attempt_async", counted_async)
    return begun


@pytest.mark.parametrize("orchestrator", ["sequential", "threaded", "asyncio"])
def test_many_elements_are_one_attempt(orchestrator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand elements that are awaited take a few attempts, and not one each."""
    begun = attempts_of(monkeypatch)
    report = run(VALUES.map(f.fails).sum(), range(14, 1014), orchestrator=orchestrator)
    assert report.result == sum(range(14, 1014))
    assert report.attempts == 1000
    assert len(begun) < 100


@pytest.mark.parametrize("orchestrator", LOCAL)
def test_mixed_steps(orchestrator: str) -> None:
    """Steps that await, plain ones and those that make several of one: result, failures and ledger are the same everywhere."""
    report = run(MIXED, range(300), orchestrator=orchestrator, retry_options=AT_ONCE_AGAIN)
    assert report.failures == {("fails", "ValueError"): 1, ("half", "ValueError"): 1}
    assert sorted(failed.place for failed in report.failed_items) == ["value 14: 13", "value 15: -14"]
    assert (report.result, report.ledger_digest) == (7, "5edb977691c3d09d8fadf0895f082a6e")


@pytest.mark.parametrize("quantum", [0.0, 60.0])
@pytest.mark.parametrize("concurrency", [1, 7, 1000])
def test_bundles_do_not_show(quantum: float, concurrency: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """However bundles are cut, and however many await at once, result and ledger are the same, and no call is made twice."""
    monkeypatch.setattr("pipeline_optimization.pipeline.model.awaited_bundles.AWAITING", quantum)
    path = tmp_path / "numbers.txt"
    path.write_text("".join(f"{number}\n" for number in range(200)))
    function, calls = called(f.fails)
    pipeline = Pipeline("p").lines().map(int).map(function).flat_map(f.pair).map(abs).sum()
    report = run(
        pipeline,
        path,
        orchestrator="asyncio",
        orchestrator_options={"concurrency": concurrency},
        chunk_size=100,
        retry_options=AT_ONCE_AGAIN,
    )
    assert report.result == 2 * (sum(range(200)) - 13)
    assert report.ledger_digest == "037b7677cdbf25f2d6eabf6477cd797a"
    assert calls == Counter({**dict.fromkeys(range(200), 1), 13: 2})


@pytest.mark.parametrize("orchestrator", ["threaded", "asyncio"])
@pytest.mark.parametrize("name", ["fails", "exits", "interrupts", "is_cancelled", "cancels_itself", "stops"])
def test_who_misbehaves_pays_alone(name: str, orchestrator: str) -> None:
    """Whatever a coroutine raises costs its own element; it is tried again alone, and no other is called twice."""
    function, calls = called(getattr(f, name))
    report = run(VALUES.map(function).sum(), range(10, 16), orchestrator=orchestrator, retry_options=AT_ONCE_AGAIN)
    assert report.result == 10 + 11 + 12 + 14 + 15
    assert [failed.attempts for failed in report.failed_items] == [2]
    assert report.failed_items[0].place == "value 4: 13"
    assert calls == Counter({10: 1, 11: 1, 12: 1, 13: 2, 14: 1, 15: 1})


def test_the_traceback_is_kept() -> None:
    """An element that failed among others is quarantined with its place, its value and the line that raised."""
    report = run(VALUES.map(f.fails).sum(), [1, 13], orchestrator="asyncio", retry="none")
    (failed,) = report.failed_items
    assert (failed.place, failed.error.message) == ("value 2: 13", "thirteen")
    assert 'raise ValueError("thirteen")' in failed.error.traceback


@pytest.mark.parametrize("name", ["forks", "kills"])
def test_processes_that_end(name: str) -> None:
    """A child that comes back ends, and an element that ends its worker is found among those that were awaited with it."""
    function = getattr(f, name)
    report = run(
        VALUES.map(function).sum(), range(10, 60), orchestrator="multiprocess", orchestrator_options={"workers": 1}
    )
    lost = 13 if name == "kills" else 0
    assert report.result == sum(range(10, 60)) - lost
    assert [failed.is_poison for failed in report.failed_items] == [True] * (name == "kills")


def test_contexts_are_apart() -> None:
    """A context variable that one call sets is not seen by another."""
    assert run(VALUES.map(f.is_alone).sum(), range(50), orchestrator="asyncio").result == 0


@pytest.mark.parametrize("name", ["hangs", "swallows"])
def test_who_hangs_holds_nobody_up(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An element that takes longer than its ``timeout`` fails by itself, in the bundle, as it does alone; the others are in the result."""
    begun = attempts_of(monkeypatch)
    found = {}
    for orchestrator in ("asyncio", "sequential"):
        report = run(VALUES.map(getattr(f, name)).map(f.half).sum(), range(10, 60), orchestrator=orchestrator)
        assert report.result == sum(value // 2 for value in range(10, 60) if value != 13)
        assert report.failures == {(name, "ItemTimeout"): 1}
        message = report.failed_items[0].error.message
        assert message.startswith(f"{name} (")
        assert "took longer than its limit of 1 s; it " in message
        found[orchestrator] = report.ledger_digest, len(begun)
        begun.clear()
    assert found["asyncio"][0] == found["sequential"][0]
    assert found["asyncio"][1] == 1


def test_a_timeout_error_of_its_own_is_none_of_ours() -> None:
    """A function that raises TimeoutError in good time has failed with it."""
    report = run(VALUES.map(f.raises_timeout).sum(), range(10, 16), orchestrator="asyncio")
    assert report.failures == {("raises_timeout", "TimeoutError"): 1}


def test_a_late_element_is_tried_again_alone() -> None:
    """A timeout is retried under the task's policy, and its time begins when its call does."""
    calls: Counter[int] = Counter()

    @task(timeout=1.0, retry=("fixed", {"attempts": 2, "delay": 0}))
    async def late_at_first(value: int) -> int:
        calls[value] += 1
        await asyncio.sleep(60 if value == 13 and calls[value] < 2 else 0)
        return value

    pipeline = VALUES.map(late_at_first).map(f.half).sum()
    report = run(pipeline, range(10, 16), orchestrator="asyncio", orchestrator_options={"concurrency": 2})
    assert report.result == sum(value // 2 for value in range(10, 16))
    assert report.tasks["late_at_first"].errors == {"ItemTimeout": 1}


@pytest.mark.parametrize("orchestrator", ["sequential", "threaded", "asyncio"])
def test_resources_are_shared(orchestrator: str) -> None:
    """Elements that are awaited at once share an asynchronous resource, which is closed at the end of the run."""
    f.OPENED.clear()
    workers = {"workers": 1} if orchestrator == "threaded" else {}
    report = run(VALUES.map(f.with_session).sum(), range(200), orchestrator=orchestrator, orchestrator_options=workers)
    assert report.result == sum(range(200))
    assert f.OPENED == ["opened", "closed"]


def test_results_are_remembered(tmp_path: Path) -> None:
    """What is awaited in a bundle is remembered as what is awaited alone, and a later run awaits nothing."""
    pipeline = VALUES.map(task(cache=(str(tmp_path / "kept.cache"), "1MB"))(f.pair)).map(len).sum()
    reports = [run(pipeline, range(20), orchestrator="asyncio") for _ in range(2)]
    assert [report.result for report in reports] == [40, 40]
    assert [report.cache_hits.get("pair", 0) for report in reports] == [0, 20]


@pytest.mark.parametrize(("orchestrator", "expected"), [("sequential", 1), ("threaded", AT_ONCE)])
def test_how_many_a_worker_awaits(orchestrator: str, expected: int) -> None:
    """A worker without an event loop of its orchestrator's awaits so many elements at once, of all steps together; ``sequential`` one."""
    now, most = [0], [0]

    async def watched(value: int) -> int:
        now[0] += 1
        most[0] = max(most[0], now[0])
        for _ in range(1 + value % 5):
            await asyncio.sleep(0)
        now[0] -= 1
        return value

    options = {"workers": 1} if orchestrator == "threaded" else {}
    pipeline = VALUES.map(watched).flat_map(f.pair).map(watched).sum()
    report = run(pipeline, range(500), orchestrator=orchestrator, orchestrator_options=options)
    assert report.result == 0
    assert most == [expected]


def test_interrupted_while_it_awaits() -> None:
    """A Ctrl-C ends a run whose elements are awaited, and nothing is left behind."""

    async def strikes(value: int) -> int:
        if value == 13:
            os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(60)
        return value

    with pytest.raises(RunInterrupted):
        run(VALUES.map(strikes).sum(), range(20), orchestrator="asyncio", limits=Limits(grace=0.0))


def test_interrupted_in_a_plain_function() -> None:
    """A Ctrl-C strikes a plain function that runs between awaited ones, as it would alone."""

    def strikes(value: int) -> int:
        if value == 13:
            os.kill(os.getpid(), signal.SIGINT)
            threading.Event().wait(30)
        return value

    with pytest.raises(RunInterrupted):
        run(VALUES.flat_map(f.pair).map(strikes).sum(), range(12, 20), orchestrator="asyncio")


def test_a_deadline_ends_what_hangs() -> None:
    """A run whose elements hang without a ``timeout`` ends at its deadline."""

    async def sleeps(value: int) -> int:
        await asyncio.sleep(60)
        return value

    report = run(VALUES.map(sleeps).sum(), range(20), orchestrator="asyncio", limits=Limits(deadline=0.05, grace=0.0))
    assert report.stop is not None
    assert report.stop.kind == "deadline"


def test_the_runs_time_limit_is_each_calls() -> None:
    """Under ``--item-timeout`` the time of a call does not count against those that wait for it."""

    async def sleeps(value: int) -> int:
        await asyncio.sleep(60 if value == 13 else 0.001)
        return value

    report = run(
        VALUES.map(sleeps).sum(),
        range(10, 60),
        orchestrator="asyncio",
        orchestrator_options={"concurrency": 2},
        limits=Limits(item_timeout=1.0),
        retry="none",
    )
    assert report.result == sum(range(10, 60)) - 13
    assert report.failures == {("sleeps", "ItemTimeout"): 1}


def test_slow_elements_do_not_share_a_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once its time is over, an attempt starts no more elements, and gives the rest back when those under way are done."""
    monkeypatch.setattr("pipeline_optimization.pipeline.model.awaited_bundles.AWAITING", 0.0)
    begun = attempts_of(monkeypatch)
    report = run(VALUES.map(f.fails).sum(), range(14, 114), orchestrator="sequential")
    assert report.result == sum(range(14, 114))
    assert len(begun) == 100
