"""How long a worker stays with a bundle, and how a file is cut: fewer and longer slices where totals take long to merge, and short ones in the end."""

from __future__ import annotations

from itertools import pairwise

import pytest
from attrs import define
from hypothesis import given
from hypothesis import strategies as st

from pipeline_optimization.pipeline.model import time_slice
from pipeline_optimization.pipeline.model.contents import LineRange
from pipeline_optimization.pipeline.model.parts import GROWN, LARGE, SHARE, _borders
from pipeline_optimization.pipeline.model.time_slice import (
    BLOCK,
    LEAST_QUANTUM,
    MOST_PIECES,
    MOST_WORK,
    QUANTUM,
    STRETCH,
    WORTH,
    TimeSlice,
    elements_for_a_slice,
    pieces_for,
    quantum_for,
)
from pipeline_optimization.sources import FileRange
from pipeline_optimization.types import Capabilities


@define
class Clock:
    """Time as the test says, of which the processor's passes ``share`` times as fast."""

    share: float = 1.0
    now: float = 0.0

    def perf_counter(self) -> float:
        return self.now

    def thread_time(self) -> float:
        return self.now * self.share


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time_slice, "time", clock)
    return clock


def slice_of(clock: Clock, *, is_early: bool = False, merging: float = 0.0) -> TimeSlice:
    return TimeSlice(QUANTUM, is_early=is_early, merging=lambda: merging)


def length(clock: Clock, one: TimeSlice) -> float:
    """Return for how many seconds a worker that takes a millisecond for a block stays with a bundle."""
    began = clock.now
    while not one.is_over:
        clock.now += 0.001
        one.note(one.size)
    return clock.now - began


@pytest.mark.parametrize(
    ("share", "is_early", "merging", "seconds"),
    [
        pytest.param(1.0, True, 0.0, QUANTUM, id="a total that costs nothing"),
        pytest.param(1.0, True, 0.001, QUANTUM, id="a total that costs little"),
        pytest.param(1.0, False, 1.0, QUANTUM, id="others wait in the end"),
        pytest.param(1.0, True, 0.03, 0.03 * WORTH, id="as long as it is worth"),
        pytest.param(1.0, True, 1.0, MOST_WORK, id="a total that is large whatever the slice"),
        pytest.param(0.5, False, 1.0, 2 * QUANTUM, id="a busy machine"),
        pytest.param(0.0, False, 1.0, STRETCH * QUANTUM, id="functions that wait"),
        pytest.param(0.0, True, 1.0, STRETCH * MOST_WORK, id="functions that wait, early"),
    ],
)
def test_length(clock: Clock, share: float, is_early: bool, merging: float, seconds: float) -> None:
    """A worker stays until its work is worth what the parent has with the total, within bounds by both clocks."""
    clock.share = share
    assert length(clock, slice_of(clock, is_early=is_early, merging=merging)) == pytest.approx(seconds, abs=0.002)


def test_block_that_waited_alone_says_nothing(clock: Clock) -> None:
    """One block that takes long leaves the size as it is, as others may have used the processor; two in a row make it smaller."""
    one = slice_of(clock)
    one.size = 100
    for took in (0.9 * BLOCK, 50 * BLOCK, 0.9 * BLOCK):
        clock.now += took
        one.note(one.size)
    assert one.size == 100
    for _ in range(2):
        clock.now += 50 * BLOCK
        one.note(one.size)
    assert one.size == 2


@given(size=st.integers(0, 1 << 36), chunk=st.integers(1 << 20, 1 << 26))
def test_parts_of_a_file(size: int, chunk: int) -> None:
    """Parts have each byte once, are no larger than those before, and small in the end; those of small files have the chunk size."""
    borders = list(_borders(size, chunk))
    assert [0, *(stop for _, stop in borders)] == [*(start for start, _ in borders), size]
    sizes = [stop - start for start, stop in borders]
    assert all(one >= other for one, other in pairwise(sizes))
    assert all(one == chunk for one in sizes[:-1]) or size > LARGE
    for start, stop in borders:
        assert 0 < stop - start <= max(chunk, min(GROWN * chunk, (size - start) // SHARE))


def test_early_parts() -> None:
    """A part is early while eight times as much comes after it."""
    assert LineRange(0, FileRange("f", 0, 10, 0), 90).is_early
    assert not LineRange(0, FileRange("f", 0, 10, 0), 89).is_early


@pytest.mark.parametrize(
    ("seconds", "each", "number"),
    [(1.0, 0.1, 10), (1.0, 0.5, 2), (0.0, 1.0, 1), (1e9, 1.0, MOST_PIECES), (2.0, 0.0, 50)],
)
def test_pieces(seconds: float, each: float, number: int) -> None:
    """What is left of a bundle is cut into slices like the one that it is left of, and no shorter ones than usual."""
    assert pieces_for(seconds, each=each) == number


@pytest.mark.parametrize(
    ("capabilities", "slots", "quantum"),
    [
        pytest.param(Capabilities(), 1, QUANTUM, id="nobody else waits"),
        pytest.param(Capabilities(), 2, LEAST_QUANTUM, id="others may wait"),
        pytest.param(Capabilities(), 100, 0.1, id="many attempts come back"),
        pytest.param(Capabilities(), 10_000, QUANTUM, id="very many attempts come back"),
        pytest.param(Capabilities(is_distributed=True), 8, QUANTUM, id="attempts cost more on a cluster"),
        pytest.param(Capabilities(chooses=True), 1, LEAST_QUANTUM, id="others may come"),
    ],
)
def test_quantum(capabilities: Capabilities, slots: int, quantum: float) -> None:
    """A bundle gives its rest back as soon as others may wait for it, and no sooner than is worth it."""
    assert quantum_for(capabilities, slots) == quantum


@pytest.mark.parametrize(("each", "number"), [(0.0, 40_000_000), (0.001, 40), (0.03, 1), (10.0, 1)])
def test_elements_for_a_slice(each: float, number: int) -> None:
    """A worker gets as many elements at once as fill the shortest slice, and one at least."""
    assert elements_for_a_slice(each) == pytest.approx(number, abs=1)
