"""Calls of a bundle that wait unequally long: how much they differ, and how long the slowest of them keeps the bundle."""

from __future__ import annotations

import heapq
import json
import math
from pathlib import Path
from random import Random
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_optimization.foresight.awaiting import awaited
from pipeline_optimization.foresight.bundle_pace import BundlePace
from pipeline_optimization.foresight.observed import observed
from pipeline_optimization.foresight.unequal import share_of_longest, spread_of, times_the_mean
from pipeline_optimization.foresight.work import NOTHING
from pipeline_optimization.observing.lines import first_line
from pipeline_optimization.types.durations import empirical

SECOND = 1_000_000_000


@given(st.floats(0.01, 1.5), st.integers(10, 100_000))
def test_the_longest_wait_tells_the_spread(spread: float, calls: int) -> None:
    """From the longest of a group and its mean follows the spread that makes such a longest one."""
    longest = times_the_mean(spread, share_of_longest(0.5, calls))
    found = spread_of(longest, 1.0, calls)
    if longest > 1.0 and spread < math.sqrt(2 * math.log(longest)):  # a larger spread makes the same longest one
        assert found == pytest.approx(spread, rel=1e-6)


@pytest.mark.parametrize(("longest", "mean", "calls"), [(5.0, 1.0, 1), (1.0, 1.0, 10), (0.5, 1.0, 10), (1.0, 0.0, 10)])
def test_waits_that_show_no_difference(longest: float, mean: float, calls: int) -> None:
    """One call alone, calls that all took the same, and calls that did not wait have no spread."""
    assert spread_of(longest, mean, calls) == 0.0


@given(st.floats(0.0, 3.0), st.floats(0.0, 1.0), st.integers(1, 10_000), st.integers(1, 10_000))
def test_the_slowest_of_more_calls_is_slower(spread: float, share: float, few: int, more: int) -> None:
    """That is so at any share of such groups."""
    few, more = sorted((few, more))
    one, other = (times_the_mean(spread, share_of_longest(share, number)) for number in (few, more))
    assert one <= other * (1 + 1e-9)


def simulated(calls: int, places: int, spread: float, draws: Random) -> float:
    """Return how long calls with a mean wait of a second take if each begins as soon as a place is free."""
    free, end = [0.0] * places, 0.0
    for _ in range(calls):
        until = heapq.heappop(free) + math.exp(draws.gauss(0.0, spread) - spread * spread / 2)
        heapq.heappush(free, until)
        end = max(end, until)
    return end


@pytest.mark.parametrize("spread", [0.0, 0.1, 0.3, 0.6, 1.0])
@pytest.mark.parametrize(("calls", "places"), [(100, 100), (350, 100), (1000, 1000), (1000, 8)])
def test_a_bundle_ends_with_its_slowest_call(calls: int, places: int, spread: float) -> None:
    """On average it takes as long as such calls take in so many places."""
    draws = Random(1)
    seen = fmean(simulated(calls, places, spread, draws) for _ in range(100))
    shares = [(number + 0.5) / 100 for number in range(100)]
    scale = 0.001  # so short that the bundle is not cut
    found = fmean(
        awaited(calls, wait=scale, busy=0.0, places=places, spread=spread, share=share)[1] / scale for share in shares
    )
    assert found == pytest.approx(seen, rel=0.15)


def recorded(path: Path, *, longest: float, calls: int = 50) -> str:
    """Write a run of four attempts, in each of which some calls awaited 20 ms each, and the slowest one ``longest`` seconds."""
    lines = [first_line().rstrip()]
    started = {"kind": "run_started", "time_ns": SECOND, "run_id": "r", "orchestrator": "sequential", "slots": 1}
    lines.append(json.dumps({"seq": 1, **started, "seed": 1, "retry": "none"}))
    step = {"step": "call", "calls": calls, "computed_ns": 0, "waited_ns": calls * SECOND // 50, "stalled_ns": 0}
    for number in range(4):
        ended = SECOND * (number + 2)
        attempt = {
            "seq": number + 2, "kind": "attempt_ended", "task": "values", "outcome": "ok", "status": "done", "worker": "w", "slot": 1,
            "time_ns": ended, "item": f"values:0:{number}", "attempt": 1, "handed_out_ns": ended - SECOND, "began_ns": ended - SECOND,
            "ended_ns": ended, "latency_ns": 0, "bytes_in": 1, "bytes_out": 1, "elements": calls, "waited_ns": SECOND,
            "steps": [{**step, "longest_wait_ns": round(longest * SECOND)}],
        }  # fmt: skip
        lines.append(json.dumps(attempt))
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def test_attempts_that_did_not_wait_make_no_spread() -> None:
    """A tenth of the calls that are answered by a cache says nothing of how much the others differ."""
    waits = empirical([0.0, 0.02], [1.0, 9.0])  # between these two, quantiles rise steadily
    assert BundlePace(waits, NOTHING, NOTHING).spread < 1.0


def test_a_recorded_run_tells_how_much_waits_differ(tmp_path: Path) -> None:
    """Calls of 20 ms of which the slowest of fifty took 80 ms differ; if it took 20 ms as well, or if a recording does not tell, they do not."""
    task = observed(recorded(tmp_path / "uneven", longest=0.08)).work.tasks["values"]
    assert task.wait.mean == pytest.approx(0.02)
    assert task.spread == pytest.approx(spread_of(0.08, 0.02, 50))
    assert task.spread > 0.5
    for longest in (0.02, 0.0):
        assert observed(recorded(tmp_path / "even", longest=longest)).work.tasks["values"].spread == 0.0
