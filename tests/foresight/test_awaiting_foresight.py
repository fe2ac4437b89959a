"""Bundles that await many elements at once, foreseen: in one event loop, in a loop of each worker, and one after the other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from attrs import evolve

from free_costs import FREE
from pipeline_optimization.builtin.retry_policies import NoRetry
from pipeline_optimization.foresight.awaiting import awaited, awaited_at_once
from pipeline_optimization.foresight.awaiting_cost import awaiting_cost, awaiting_start
from pipeline_optimization.foresight.costs import Machine, OrchestratorCosts, Place
from pipeline_optimization.foresight.observed import observed
from pipeline_optimization.foresight.passage import Passage
from pipeline_optimization.foresight.simulate import Configuration, predict, simulate
from pipeline_optimization.foresight.work import NOTHING, TaskWork, WorkModel
from pipeline_optimization.observing.lines import first_line
from pipeline_optimization.pipeline.model.job import AT_ONCE
from pipeline_optimization.types.durations import Durations, constant

SECOND = 1_000_000_000


def work_of(
    elements: int, wait: float, *, items: int = 1, compute: Durations = NOTHING, blocked: Durations = NOTHING
) -> WorkModel:
    task = TaskWork(wait=constant(wait), compute=compute, blocked=blocked, is_bundled=True)
    return WorkModel(tasks={"values": task}, source="values", items=items, elements=elements)


def configuration(workers: int) -> Configuration:
    return Configuration(orchestrator="imagined", workers=workers, retry=NoRetry(), retry_name="none")


def run(work: WorkModel, place: Place, workers: int, *, costs: OrchestratorCosts | None = None) -> Passage:
    return simulate(work, configuration(workers), costs or FREE[place], Machine(cores=2), seed=1)


@pytest.mark.parametrize(
    ("elements", "wait", "busy", "places", "found"),
    [
        (100, 0.02, 0.0, 10, (100, 0.2)),  # ten rounds
        (101, 0.02, 0.0, 10, (101, 0.22)),  # and one more
        (7, 0.02, 0.0, 10, (7, 0.02)),  # all at once
        (100, 0.02, 0.001, 100, (100, 0.12)),  # all wait beside each other, and compute one after the other
        (10_000, 0.02, 0.0, 100, (2600, 0.52)),  # for half a second; then the last round ends
        (10_000, 0.1, 0.0, 10, (100, 1.0)),  # a hundred are worth some more time
        (10_000, 0.5, 0.0, 10, (50, 2.5)),  # but not more than two seconds
        (10, 0.02, 0.0, 1, (10, 0.2)),
    ],
)
def test_an_attempt_over_elements_that_are_awaited(
    elements: int, wait: float, busy: float, places: int, found: tuple[int, float]
) -> None:
    """They wait in rounds of as many as there are places, and no new round begins when the attempt's time is over."""
    assert awaited(elements, wait=wait, busy=busy, places=places) == pytest.approx(found)


def test_who_awaits_how_many() -> None:
    """An event loop of all has as many places as workers, each worker's own a hundred, and the caller's thread one, unless its costs say otherwise."""
    places: list[Place] = ["caller", "loop", "threads", "processes"]
    assert [awaited_at_once(FREE[place], 8) for place in places] == [1, 8, AT_ONCE, AT_ONCE]
    assert awaited_at_once(evolve(FREE["caller"], at_once=50), 8) == 50


@pytest.mark.parametrize(
    ("place", "workers", "seconds"),
    [
        ("caller", 1, 12.0),
        ("loop", 8, 1.5),
        ("loop", 100, 0.12),
        ("loop", 1000, 0.02),
        ("threads", 1, 0.12),
        ("processes", 1, 0.12),
    ],
)
def test_six_hundred_calls_of_twenty_milliseconds(place: Place, workers: int, seconds: float) -> None:
    """They take as many rounds as their places need."""
    assert run(work_of(600, 0.02), place, workers).seconds == pytest.approx(seconds, rel=0.03)


@pytest.mark.parametrize(("workers", "seconds"), [(8, 1.5), (30, 0.4), (1000, 0.02)])
def test_bundles_share_the_places_of_an_event_loop(workers: int, seconds: float) -> None:
    """However the elements are cut into bundles, as many of them wait at once as there are places."""
    for items in (2, 10, 20):
        assert run(work_of(600, 0.02, items=items), "loop", workers).seconds == pytest.approx(seconds, rel=0.1)


def test_workers_await_beside_each_other() -> None:
    """Four workers await four bundles in the time of one."""
    assert run(work_of(400, 0.02, items=4), "threads", 4).seconds == pytest.approx(0.02)
    assert run(work_of(4000, 0.02, items=4), "threads", 4).seconds == pytest.approx(0.2, rel=0.05)


@pytest.mark.parametrize("busy", ["compute", "blocked"])
def test_an_event_loop_computes_one_at_a_time(busy: str) -> None:
    """Where a thousand elements keep the loop busy for a millisecond each, no number of places makes it faster than a second."""
    work = work_of(1000, 0.02, **{busy: constant(0.001)})  # type: ignore[arg-type]  # one of two distributions
    assert run(work, "loop", 1000).seconds == pytest.approx(1.02, rel=0.05)
    assert run(work, "loop", 8).seconds == pytest.approx(1000 * 0.021 / 8, rel=0.05)


def test_an_element_that_is_awaited_costs_its_event_loop() -> None:
    """A tenth of a millisecond for each of ten thousand elements is a second, however many wait at once."""
    costs = OrchestratorCosts(place="loop", awaiting=0.0001)
    assert run(work_of(10_000, 0.001, items=10), "loop", 1000, costs=costs).seconds == pytest.approx(1.0, rel=0.05)


def test_a_worker_that_awaits_starts_later() -> None:
    """What it must import for that is part of the start, and other work does not pay for it."""
    costs = OrchestratorCosts(place="threads", startup=1.0, awaiting_start=0.5)
    assert run(work_of(10, 0.02), "threads", 1, costs=costs).seconds == pytest.approx(1.52)
    assert run(work_of(10, 0.0, compute=constant(0.01)), "threads", 1, costs=costs).seconds == pytest.approx(1.1)


@pytest.mark.parametrize(("place", "items", "times"), [("processes", 8, 4), ("processes", 1, 1), ("threads", 8, 1)])
def test_each_process_that_has_work_imports_what_awaits(place: Place, items: int, times: int) -> None:
    """Eight processes on two cores take four times as long for it as one, unless only one has work; threads share what was imported."""
    costs = OrchestratorCosts(place=place, awaiting_start=0.5)
    assert run(work_of(16, 0.02, items=items), place, 8, costs=costs).seconds == pytest.approx(0.02 + 0.5 * times)


def test_what_it_costs_to_await_is_measured() -> None:
    """Neither an element in an event loop nor what must be imported for one is free."""
    assert awaiting_cost() > 0
    assert awaiting_start() > 0


@pytest.mark.parametrize(("place", "workers"), [("loop", 8), ("loop", 100), ("threads", 4), ("caller", 1)])
def test_a_long_run_is_told_from_a_part(place: Place, workers: int) -> None:
    """The pace in the middle of some bundles is that of all of them."""
    work = work_of(40_000, 0.05, items=40)
    whole = run(work, place, workers).seconds
    found = predict(work, configuration(workers), FREE[place], Machine(cores=2), seeds=[1], most_attempts=200)
    assert found.seconds == pytest.approx(whole, rel=0.1)


def test_more_places_help_what_waits() -> None:
    """The floor is that of unlimited places, which wait once for each bundle, and what bounds a run with few are the waits."""
    found = predict(work_of(600, 0.02), configuration(8), FREE["loop"], Machine(cores=2), seeds=[1])
    assert found.floor <= 0.06
    assert found.bound == "waits"
    assert found.share == pytest.approx(1.0, abs=0.02)


def recorded(path: Path, attempts: list[tuple[float, int, dict[str, float]]], *, orchestrator: str = "asyncio") -> str:
    """Write attempts of one worker: the seconds of each, its elements, and what the calls of its step took."""
    started = {"seq": 1, "kind": "run_started", "time_ns": SECOND, "run_id": "r", "orchestrator": orchestrator}
    lines, now = [json.dumps({**started, "slots": 100, "seed": 1, "retry": "none"})], SECOND
    for number, (took, elements, step) in enumerate(attempts):
        ended = now + round(took * SECOND)
        times = {f"{name}_ns": round(step.get(name, 0.0) * SECOND) for name in ("computed", "waited", "stalled")}
        line = {
            "seq": number + 2, "kind": "attempt_ended", "task": "values", "outcome": "ok", "status": "done", "worker": "w", "slot": 1,
            "time_ns": ended, "item": f"values:0:{number}", "attempt": 1, "handed_out_ns": now, "began_ns": now, "ended_ns": ended,
            "latency_ns": 0, "bytes_in": 1, "bytes_out": 1, "elements": elements, "waited_ns": round(took * SECOND) if step.get("waited") else 0,
            "steps": [{"step": "call", "calls": elements, **times}],
        }  # fmt: skip
        lines.append(json.dumps(line))
        now = ended
    path.write_text("\n".join([first_line().rstrip(), *lines]) + "\n")
    return str(path)


def test_elements_that_waited_beside_each_other_are_told_apart(tmp_path: Path) -> None:
    """A hundred calls that waited for two seconds together waited 20 ms each, though the attempt took 40 ms."""
    path = recorded(tmp_path / "e", [(0.04, 100, {"waited": 2.0, "computed": 0.01})] * 3)
    task = observed(path).work.tasks["values"]
    assert task.is_awaited
    assert task.wait.mean == pytest.approx(0.02)
    assert task.compute.mean == pytest.approx(0.0001)


def test_what_the_first_attempt_imports_is_no_work(tmp_path: Path) -> None:
    """Of three attempts over equal elements, the first took a second longer beside its step: that is a part of the start."""
    attempts = [(1.1, 10, {"computed": 0.05}), (0.1, 10, {"computed": 0.05}), (0.1, 10, {"computed": 0.05})]
    work = observed(recorded(tmp_path / "e", attempts, orchestrator="sequential")).work
    assert work.compute == pytest.approx(0.3)
    (alone,) = attempts[:1]
    assert observed(recorded(tmp_path / "f", [alone], orchestrator="sequential")).work.compute == pytest.approx(1.1)


def test_values_of_a_longer_run_fill_parts() -> None:
    """A probe of a hundred values is a tenth of a part, so ten times as many are one part, and not ten."""
    work = evolve(work_of(100, 0.02), parts=0.1)
    assert work.scaled(1000).items == 1
    assert work.scaled(2500).items == 3
    assert work_of(100, 0.02).scaled(1000).items == 10
