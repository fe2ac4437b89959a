"""What each step takes in attempts that run several: measured where the run is observed, and told in its events."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline_optimization import Pipeline, run
from pipeline_optimization.engine.virtual import VirtualOrchestrator
from pipeline_optimization.errors import InputError
from pipeline_optimization.observing.reading import EventReader
from pipeline_optimization.types import AttemptEnded, FaultProfile, StepTime, TaskProfile
from pipeline_optimization.types.durations import constant

MILLISECOND = 1_000_000


def spin(value: int) -> int:
    """Compute for 2 ms of the thread's processor time."""
    until = time.thread_time_ns() + 2 * MILLISECOND
    while time.thread_time_ns() < until:
        pass
    return value


def nap(value: int) -> int:
    """Stand still for 2 ms."""
    time.sleep(0.002)
    return value


async def call(value: int) -> int:
    """Await for 20 ms."""
    await asyncio.sleep(0.02)
    return value


async def uneven_call(value: int) -> int:
    await asyncio.sleep(0.06 if value == 7 else 0.005)
    return value


def is_even(value: int) -> bool:
    return value % 2 == 0


def picky(value: int) -> int:
    if value == 3:
        raise ValueError("three")
    return value


def attempts_of(pipeline: Any, values: int, path: Path, **options: Any) -> list[AttemptEnded]:
    run(pipeline, range(values), events=path, retry="none", **options)
    return [line.event for line in EventReader(path) if isinstance(line.event, AttemptEnded)]


def summed(attempts: list[AttemptEnded]) -> Mapping[str, StepTime]:
    """Return what steps took in all attempts together."""
    found: dict[str, StepTime] = {}
    for one in (step for attempt in attempts for step in attempt.steps):
        before = found.get(one.step, StepTime(one.step, 0, 0, 0, 0))
        found[one.step] = before.plus(one)
    return found


def test_steps_of_a_bundle_are_timed_one_by_one(tmp_path: Path) -> None:
    """What computes is told from what stands still, and a step behind a filter has as many calls as the filter has left."""
    pipeline = Pipeline("p").values(int).map(spin).filter(is_even).map(nap).sum()
    steps = summed(attempts_of(pipeline, 20, tmp_path / "e"))
    assert {name: one.calls for name, one in steps.items()} == {"spin": 20, "is_even": 20, "nap": 10}
    assert steps["spin"].computed_ns >= 20 * 2 * MILLISECOND
    assert steps["nap"].stalled_ns >= 10 * 2 * MILLISECOND * 0.9
    assert steps["nap"].computed_ns < steps["spin"].computed_ns
    assert all(one.waited_ns == 0 for one in steps.values())


@pytest.mark.parametrize("orchestrator", ["sequential", "threaded", "asyncio"])
def test_calls_that_are_awaited_at_once_wait_each_for_itself(orchestrator: str, tmp_path: Path) -> None:
    """However many of them wait at once, twenty calls of 20 ms wait for 400 ms in all."""
    pipeline = Pipeline("p").values(int).map(call).map(spin).sum()
    attempts = attempts_of(pipeline, 20, tmp_path / "e", orchestrator=orchestrator)
    steps = summed(attempts)
    assert (steps["call"].calls, steps["spin"].calls) == (20, 20)
    assert steps["call"].waited_ns >= 20 * 20 * MILLISECOND * 0.9
    assert steps["spin"].computed_ns >= 20 * 2 * MILLISECOND


@pytest.mark.parametrize("orchestrator", ["sequential", "threaded", "asyncio"])
def test_the_longest_wait_is_told(orchestrator: str, tmp_path: Path) -> None:
    """One of twenty calls awaits 60 ms and the others 5 ms: the longest is that one's, whoever waits beside it, and what computes has none."""
    pipeline = Pipeline("p").values(int).map(uneven_call).map(spin).sum()
    steps = summed(attempts_of(pipeline, 20, tmp_path / "e", orchestrator=orchestrator))
    assert 60 * MILLISECOND <= steps["uneven_call"].longest_wait_ns < steps["uneven_call"].waited_ns
    assert steps["spin"].longest_wait_ns == 0


def test_a_call_that_fails_is_timed_too(tmp_path: Path) -> None:
    """Its time was spent as any other's."""
    attempts = attempts_of(Pipeline("p").values(int).map(picky).sum(), 5, tmp_path / "e")
    assert summed(attempts)["picky"].calls == 5


def test_the_attempt_of_one_step_has_no_steps(tmp_path: Path) -> None:
    """Elements that go on alone have their step's attempts; only where another step follows in them are both told."""
    faults = FaultProfile(tasks={"picky": TaskProfile(latency=constant(0.0001))})
    alone = attempts_of(Pipeline("p").values(int).map(picky).sum(), 3, tmp_path / "a", faults=faults)
    assert [one.steps for one in alone if one.task == "picky"] == [()] * 3
    both = attempts_of(Pipeline("p").values(int).map(picky).map(abs).sum(), 3, tmp_path / "b", faults=faults)
    assert [[step.step for step in one.steps] for one in both if one.task == "picky"] == [["picky", "abs"]] * 3


def test_imagined_time_has_no_steps(tmp_path: Path) -> None:
    """In virtual time functions take no time, so nothing is said of it."""
    attempts = attempts_of(
        Pipeline("p").values(int).map(spin).sum(), 3, tmp_path / "e", orchestrator=VirtualOrchestrator(1)
    )
    assert [one.steps for one in attempts] == [()]


@pytest.mark.parametrize("wrong", [7, [7], [{"step": "picky"}], [{"step": 1, "calls": 1, "computed_ns": 1}]])
def test_steps_that_no_run_wrote(wrong: object, tmp_path: Path) -> None:
    """The line is named, as it is for any other member."""
    path = tmp_path / "e"
    attempts_of(Pipeline("p").values(int).map(picky).sum(), 2, path)
    lines = path.read_text().splitlines(keepends=True)
    (at,) = [number for number, line in enumerate(lines) if '"attempt_ended"' in line]
    lines[at] = json.dumps({**json.loads(lines[at]), "steps": wrong}) + "\n"
    path.write_text("".join(lines))
    with pytest.raises(InputError, match=f"^Line {at + 1} of the events"):
        list(EventReader(path))
