"""What bounded a run: the longest chain of items of which each followed from the one before, exactly, in virtual time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from attrs import define, evolve

from independent_items import IndependentItems, Takes, start
from pipeline_optimization import count_anagrams
from pipeline_optimization.builtin.retry_policies import FixedOptions, FixedPolicy
from pipeline_optimization.engine.faults import TaskFaults
from pipeline_optimization.engine.virtual import Fate, VirtualOrchestrator
from pipeline_optimization.engine.work import Item
from pipeline_optimization.observing.products import digest_of
from pipeline_optimization.types import Attempt, OpenContext
from pipeline_optimization.types.critical_path import CriticalPath, PathStep


@define(eq=False)
class Tree(IndependentItems):
    """Two items, and a third that follows from the first of them."""

    def accept(self, item: Item, result: bytes) -> Sequence[Item]:
        super().accept(item, result)
        return [Item(id="2", task="echo", fault_key="2")] if item.id == "0" else ()


def path_of(seconds: Sequence[float], **more: object) -> CriticalPath:
    orchestrator = VirtualOrchestrator(1, adversary=Takes(seconds))
    engine, _, _ = start(Tree(2), orchestrator=orchestrator, **more)  # type: ignore[arg-type]
    path = engine.announcer.critical_path()
    assert path is not None
    return path


def step(number: int, ran: float, *, attempts: int = 1, delayed: float = 0.0) -> PathStep:
    return PathStep(item=f"echo:{number}", task="echo", attempts=attempts, ran=ran, delayed=delayed)


def test_the_longest_chain_bounds_the_run() -> None:
    """An item bounds a run together with what follows from it, on however few slots it ran."""
    assert path_of([3.0, 5.0, 4.0]) == CriticalPath(seconds=7.0, steps=(step(0, 3.0), step(2, 4.0)))
    assert path_of([1.0, 5.0, 3.0]) == CriticalPath(seconds=5.0, steps=(step(1, 5.0),))


def test_retries_and_their_delays_are_part_of_it() -> None:
    """All attempts of an item count, and the delays between them."""
    path = path_of([1.0, 2.0, 4.0], policy=FixedPolicy(FixedOptions(delay=10.0, attempts=2)), faults=TaskFaults(1.0))
    assert path == CriticalPath(seconds=14.0, steps=(step(1, 4.0, attempts=2, delayed=10.0),))


class Silent(VirtualOrchestrator):
    """Loses each attempt before its start was announced, though it announces starts."""

    def open(self, context: OpenContext) -> None:
        super().open(evolve(context, started=lambda attempt_id: None))


def test_an_item_that_never_began_has_a_path() -> None:
    """It has ended, as poison, and nobody knows that it ran."""
    orchestrator = Silent(1, adversary=Takes([1.0] * 3, lost=frozenset({"echo:0"})))
    engine, _, _ = start(IndependentItems(1), orchestrator=orchestrator)
    assert engine.tally.failed_items[0].is_poison
    assert engine.announcer.critical_path() == CriticalPath(seconds=0.0, steps=(step(0, 0.0),))


class SilentOfBundles(VirtualOrchestrator):
    """Announces no start of the second attempt and the third."""

    def open(self, context: OpenContext) -> None:
        super().open(evolve(context, started=lambda number: None if number in {2, 3} else context.started(number)))


class LostBundle:
    """An adversary that loses the second attempt and the third."""

    def fates(self, attempt: Attempt, latency: float) -> Sequence[Fate]:
        return [Fate(2.0, "lost" if attempt.id in {2, 3} else "done")]


@define(eq=False)
class ThenBundle(IndependentItems):
    """An item, then a bundle that is split into one item."""

    def accept(self, item: Item, result: bytes) -> Sequence[Item]:
        part = Item(id="2", task="echo")
        return [Item(id="1", task="echo", is_bundle=True, split=lambda: [part])] if item.id == "0" else ()


def test_the_parts_of_a_bundle_that_never_began_know_what_led_to_them() -> None:
    """The chain goes on through the bundle, though nobody knows that it ran."""
    engine, _, _ = start(ThenBundle(1), orchestrator=SilentOfBundles(1, adversary=LostBundle()))
    steps = (step(0, 2.0), step(1, 0.0), step(2, 2.0))
    assert engine.announcer.critical_path() == CriticalPath(seconds=4.0, steps=steps)


@pytest.mark.parametrize("name", ["sequential", "threaded", "multiprocess"])
def test_a_record_has_it(name: str, tmp_path: Path) -> None:
    """The last line of a record has the chain from the text to a word, and the floor that simulated waits set it."""
    events = str(tmp_path / "events.jsonl")
    count_anagrams("the cat sat", orchestrator=name, faults="heavy", latency_scale=0.001, seed=2, events=events)
    digest, _ = digest_of(events)
    assert digest.finished is not None
    path = digest.finished.critical_path
    assert path is not None
    assert [one.task for one in path.steps] == ["filter_input", "get_words", "find_anagrams"]
    assert path.seconds == pytest.approx(sum(one.ran + one.delayed for one in path.steps))
    assert path.seconds >= digest.finished.floor > 0.0
