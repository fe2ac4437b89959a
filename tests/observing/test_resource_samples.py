"""Memory and processors of a run's processes: what is looked at, how often, and what becomes of it."""

from __future__ import annotations

import itertools
import json
import os
import sys
import time
from pathlib import Path

import pytest

from pipeline_optimization import Pipeline, run
from pipeline_optimization.observing.page.report import page_of
from pipeline_optimization.observing.products import digest_of
from pipeline_optimization.observing.resources import DRIVER, PER_INTERVAL, ResourceMeter, ResourcesSampled
from pipeline_optimization.observing.usage import MOST_STRETCHES, Stretch, Usage
from pipeline_optimization.types import RunStarted, WorkerLost, WorkerSeen

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")


class Clock:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def started(at: float) -> RunStarted:
    return RunStarted(run_id="r", time=at, orchestrator="multiprocess", slots=2, seed=1)


def seen(worker: str) -> WorkerSeen:
    return WorkerSeen(run_id="r", time=0.0, worker=worker)


def test_processes_of_this_machine_are_measured() -> None:
    """The run's own process and workers named by their numbers are; threads, workers elsewhere, and processes that are gone are not."""
    clock = Clock(5.0)
    meter = ResourceMeter(clock)
    assert meter.look() is None
    meter.note(started(5.0))
    other = os.getppid()
    for worker in (str(other), "anagram-1", "host:12", "999999999", "²"):
        meter.note(seen(worker))
    sample = meter.look()
    assert sample is not None
    assert sample.memory.keys() == sample.cpu.keys() == {DRIVER, str(other)}
    assert min(sample.memory.values()) > 1 << 16
    assert sample.cpu[DRIVER] > 0.0
    meter.note(WorkerLost(run_id="r", time=0.0, worker=str(other), detail=""))
    clock.now += 1.0
    again = meter.look()
    assert again is not None
    assert again.memory.keys() == {DRIVER}


def test_looks_become_rarer() -> None:
    """There is a look a second at most, and half as many after each so many: a long run's record stays small."""
    clock = Clock(0.0)
    meter = ResourceMeter(clock)
    meter.note(started(0.0))
    moments: list[float] = []
    while len(moments) < 2 * PER_INTERVAL:
        if meter.look() is not None:
            moments.append(clock.now)
        clock.now += 0.5
    gaps = [after - before for before, after in itertools.pairwise(moments)]
    assert set(gaps[: PER_INTERVAL - 1]) == {1.0}
    assert set(gaps[PER_INTERVAL - 1 : 2 * PER_INTERVAL - 2]) == {2.0}


def test_a_run_in_a_time_of_its_own_is_not_measured() -> None:
    """In virtual time there is no moment at which a real process could have been looked at."""
    meter = ResourceMeter(Clock(70_000.0))
    meter.note(started(0.0))
    meter.note(seen(str(os.getppid())))
    assert meter.look() is None


def test_what_processors_did_is_known_between_two_looks() -> None:
    """Busy processors are the growth of processor time by time; a worker that is new counts from its second look on."""
    usage = Usage()
    usage.note(ResourcesSampled(run_id="r", time=0, memory={DRIVER: 5}, cpu={DRIVER: 7.0}), 1.0)
    usage.note(ResourcesSampled(run_id="r", time=0, memory={DRIVER: 6, "8": 9}, cpu={DRIVER: 8.0, "8": 3.0}), 3.0)
    usage.note(ResourcesSampled(run_id="r", time=0, memory={DRIVER: 6, "8": 4, "9": 2}, cpu={DRIVER: 8.0, "8": 4.5, "9": 1.0}), 4.0)  # fmt: skip
    assert usage.stretches == [Stretch(1.0, 3.0, 6, 9, 0.5, 0.0), Stretch(3.0, 4.0, 6, 6, 0.0, 1.5)]
    assert (usage.largest, usage.workers) == (9, 2)


def test_any_number_of_looks_has_few_stretches() -> None:
    """Neighbours are joined: the whole stays covered, the most memory and the mean of processors stay."""
    usage = Usage()
    for number in range(5 * MOST_STRETCHES):
        usage.note(
            ResourcesSampled(run_id="r", time=0, memory={DRIVER: number}, cpu={DRIVER: number / 2}), float(number)
        )
    assert len(usage.stretches) <= MOST_STRETCHES
    assert (usage.stretches[0].begin, usage.stretches[-1].end) == (0.0, 5.0 * MOST_STRETCHES - 1)
    assert all(one.end == after.begin for one, after in zip(usage.stretches, usage.stretches[1:], strict=False))
    assert {one.driver_cpu for one in usage.stretches} == {0.5}
    assert usage.stretches[-1].driver_memory == 5 * MOST_STRETCHES - 1


def until_measured(path: str) -> int:
    """Return how many looks a record has, once it has two, or after a minute."""
    until = time.monotonic() + 60.0
    while (looks := Path(path).read_text().count('"resources_sampled"')) < 2 and time.monotonic() < until:
        time.sleep(0.02)
    return looks


def test_a_long_run_has_its_memory_in_the_report(tmp_path: Path) -> None:
    """A run that goes on for more than a second is measured while its only attempt runs, and the page draws that."""
    events = tmp_path / "events.jsonl"
    report = run(Pipeline("p").values(str).map(until_measured).sum(), [str(events)], events=events)
    assert report.result >= 2
    digest, notes = digest_of(str(events))
    assert not notes
    assert len(digest.usage.stretches) >= 1
    assert "Memory and processors" in page_of(digest, [])
    first = next(json.loads(line) for line in events.read_text().splitlines() if "resources_sampled" in line)
    assert first["memory"].keys() == {DRIVER}
