"""What events of a run tell of its work, where lines stand for different numbers of elements and attempts."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from pathlib import Path

import pytest

import pipeline_functions as f
from free_costs import FREE
from pipeline_optimization import Pipeline, run, task
from pipeline_optimization.builtin.retry_policies import FixedOptions, FixedPolicy
from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.engine.virtual import VirtualOrchestrator
from pipeline_optimization.foresight.costs import Machine
from pipeline_optimization.foresight.observed import observed
from pipeline_optimization.foresight.passage import Passage
from pipeline_optimization.foresight.simulate import Configuration, simulate
from pipeline_optimization.foresight.work import WorkModel
from pipeline_optimization.observing.lines import first_line
from pipeline_optimization.types import TaskProfile
from pipeline_optimization.types.durations import LogNormal, Quantiles, constant
from pipeline_optimization.types.fault_profiles import FaultProfile

SECOND = 1_000_000_000


def recorded(path: Path, attempts: Sequence[tuple[float, int, int | None]], **start: object) -> str:
    """Write attempts, one after the other: what each took in seconds, its elements, and how many it stands for if that is told."""
    started = {"seq": 1, "kind": "run_started", "time_ns": SECOND, "run_id": "r", "orchestrator": "sequential"}
    lines, now = [json.dumps({**started, "slots": 1, "seed": 1, "retry": "fixed", **start})], SECOND
    for number, (took, elements, stands_for) in enumerate(attempts):
        ended = now + round(took * SECOND)
        line = {
            "seq": number + 2, "kind": "attempt_ended", "task": "lines", "outcome": "ok", "status": "done", "worker": "w", "slot": 1,
            "time_ns": ended, "item": f"lines:0:{number}", "attempt": 1, "handed_out_ns": now, "began_ns": now, "ended_ns": ended,
            "latency_ns": 0, "bytes_in": 1, "bytes_out": 1, "elements": elements,
        }  # fmt: skip
        lines.append(json.dumps(line if stands_for is None else {**line, "stands_for": stands_for}))
        now = ended
    path.write_text("\n".join([first_line().rstrip(), *lines]) + "\n")
    return str(path)


def foreseen(work: WorkModel, seed: int = 1) -> Passage:
    retry = FixedPolicy(FixedOptions(attempts=5, delay=0.0))
    configuration = Configuration(orchestrator="imagined", workers=1, retry=retry, retry_name="fixed")
    return simulate(work, configuration, FREE["caller"], Machine(cores=2), seed=seed)


def test_a_bundle_counts_by_its_elements(tmp_path: Path) -> None:
    """Sixty slow elements fill five bundles, and four thousand quick ones two: all of them together take 1.6 s."""
    slow, quick = [(12 * 0.02, 12, None)] * 5, [(2000 * 0.0001, 2000, None)] * 2
    work = observed(recorded(tmp_path / "e", [*slow, *quick])).work
    assert work.elements == 4060
    assert work.compute == pytest.approx(1.6)


def test_bundles_that_are_cut_by_time_are_foreseen_to_take_as_long_as_they_did(tmp_path: Path) -> None:
    """Slow elements are met as often as there are any, though an attempt has many more of the quick ones."""
    slow, quick = [(13 * 0.02, 13, None)] * 60, [(2500 * 0.0001, 2500, None)] * 20
    work = observed(recorded(tmp_path / "e", [*slow, *quick])).work
    taken = [foreseen(work, seed).seconds for seed in range(10)]
    assert sum(taken) / len(taken) == pytest.approx(60 * 13 * 0.02 + 20 * 0.25, rel=0.1)


def test_what_eighty_bundles_leave_open_is_little(tmp_path: Path) -> None:
    """Slow elements are rare among all, but most of the bundles are of them: other observations would not have missed them."""
    slow, quick = [(13 * 0.02, 13, None)] * 60, [(2500 * 0.0001, 2500, None)] * 20
    work = observed(recorded(tmp_path / "e", [*slow, *quick])).work
    found = sorted(work.resampled(seed).compute / work.compute for seed in range(40))
    assert 0.5 < found[0] < 0.95
    assert 1.05 < found[-1] < 2.0


def test_more_attempts_than_are_kept_have_their_mean(tmp_path: Path) -> None:
    """The times of many attempts are joined, and their sum stays."""
    times = [0.001 * (number % 7) for number in range(25_000)]
    work = observed(recorded(tmp_path / "e", [(took, 3, None) for took in times])).work
    assert work.compute == pytest.approx(sum(times))


def test_lines_count_as_often_as_they_stand_for(tmp_path: Path) -> None:
    """A line that stands for ten counts ten times, and one of the slowest, which others stand for, not at all."""
    path = recorded(tmp_path / "e", [(0.1, 1, 10), (1.0, 1, 1), (0.1, 1, 1), (5.0, 1, 0)])
    work = observed(path).work
    assert (work.elements, work.tasks["lines"].observed) == (12, 3)
    assert work.tasks["lines"].compute.mean == pytest.approx(2.1 / 12)


def test_a_recording_with_few_lines_shows_the_work_of_one_with_all(tmp_path: Path) -> None:
    """Of 4,000 calls, the exact number is known, and their mean is about that of all."""

    def seen(limit: int) -> WorkModel:
        path = tmp_path / f"{limit}.jsonl"
        faults = FaultProfile(tasks={"upper": TaskProfile(latency=LogNormal(0.01, 1.0))})
        pipeline = Pipeline("f").lines().map(f.upper).count()
        run(
            pipeline,
            "x\n" * 4000,
            orchestrator=VirtualOrchestrator(8),
            faults=faults,
            seed=1,
            events=path,
            events_limit=limit,
        )
        return observed(str(path)).work

    few, all_of_them = seen(300), seen(1_000_000)
    assert few.number_of_items()["upper"] == pytest.approx(4000)
    assert few.tasks["upper"].wait.mean == pytest.approx(all_of_them.tasks["upper"].wait.mean, rel=0.2)


def test_elements_that_fail_in_a_bundle_for_good_are_foreseen_to(tmp_path: Path) -> None:
    """Of 220 lines 20 are no numbers, which no retry helps: as many are lost in any run."""
    path = tmp_path / "events.jsonl"
    pipeline = Pipeline("fails").lines().map(task(permanent=(ValueError,))(f.number)).count()
    text = "1\n" * 100 + "x\n" * 20 + "2\n" * 100
    run(pipeline, text, orchestrator=VirtualOrchestrator(1), events=path, retry="fixed")
    assert foreseen(observed(str(path)).work).failures == 20


@pytest.mark.parametrize(("kind", "share"), [("lines", 0.25), ("values", 0.25), ("all", 1.0)])
def test_a_filter_is_told_from_what_was_not_reached_yet(kind: str, share: float, tmp_path: Path) -> None:
    """Of a run that was stopped, how far it came into the input tells which share of elements a filter leaves."""
    path = tmp_path / "events.jsonl"
    begun = Pipeline("filters").values(str) if kind == "values" else Pipeline("filters").lines()
    pipeline = (begun if kind == "all" else begun.filter(f.is_fourth)).map(f.upper).count()
    faults = FaultProfile(tasks={"upper": TaskProfile(latency=constant(1.0))})
    given = [f"{number:04}" for number in range(4000)]
    run(
        pipeline,
        given if kind == "values" else "\n".join(given),
        orchestrator=VirtualOrchestrator(8),
        faults=faults,
        seed=1,
        events=path,
        limits=Limits(deadline=20.0, grace=0.0),
    )
    work = observed(str(path)).work
    assert work.number_of_items()["upper"] / work.elements == pytest.approx(share, rel=0.1)
    assert not work.is_count_known


def test_processes_that_leave_processors_free_do_not_stand_in_each_others_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight processes that keep 0.8 of two processors busy do not wait for one: what stalls is blocked. Of one they keep most."""
    attempts = [(1.0, 1, None)] * 20
    path = Path(recorded(tmp_path / "e", attempts, orchestrator="multiprocess", slots=8, host=platform.node()))
    path.write_text(path.read_text().replace('"latency_ns"', '"stalled_ns": 200000000, "latency_ns"'))
    for cores, blocked in ((2, 0.2), (1, 0.0)):
        monkeypatch.setattr("pipeline_optimization.foresight.observed.processors", lambda cores=cores: cores)
        seen = observed(str(path))
        assert seen.work.tasks["lines"].blocked.mean == pytest.approx(blocked)
        assert any("side by side" in note for note in seen.notes) is (not blocked)


def test_a_resumed_run_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    """Events of a run that went on with a checkpoint do not show what was done before, and a note says so."""
    seen = observed(recorded(tmp_path / "e", [(1.0, 1, None)], resumed_from="a.db"))
    assert not seen.work.is_count_known
    assert any("went on with a checkpoint" in note for note in seen.notes)


@task(timeout=2.0)
def hangs_now_and_then(line: str) -> str:
    return line


def test_an_attempt_that_timed_out_failed_after_that_time(tmp_path: Path) -> None:
    """A call that hangs is work as well: its worker is busy until the timeout, and it is tried again."""
    pipeline = Pipeline("hangs").lines().map(hangs_now_and_then).count()
    slow = Quantiles(((0.0, 0.5), (0.74, 0.5), (0.75, 60.0), (1.0, 60.0)))
    faults = FaultProfile(tasks={"hangs_now_and_then": TaskProfile(latency=slow)})
    events = tmp_path / "events.jsonl"
    run(pipeline, "line\n" * 40, orchestrator=VirtualOrchestrator(1), faults=faults, seed=4, events=events)
    timed_out = events.read_text().count('"outcome":"timeout"')
    work = observed(str(events)).work.tasks["hangs_now_and_then"]
    assert timed_out > 0
    assert work.errors == {"ItemTimeout": timed_out}
    assert work.failure_rate == pytest.approx(timed_out / work.observed)
    assert work.blocked.most == pytest.approx(2.0)
    assert work.wait.most == pytest.approx(0.5)
