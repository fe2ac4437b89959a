"""The simulation can fail: engines and checkpoints with one fault each are found out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

import simulation
from pipeline_optimization.checkpoint import CheckpointStore
from pipeline_optimization.checkpoint.records import Found
from pipeline_optimization.engine.backlog import Backlog, Flight
from pipeline_optimization.engine.loop import Engine
from pipeline_optimization.engine.tally import Tally
from pipeline_optimization.engine.work import Item, Retrying
from pipeline_optimization.pipeline.checkpointing import CheckpointedWorkload

SEEDS = 120

Mutate = Callable[[pytest.MonkeyPatch], None]


def commits_nothing(patch: pytest.MonkeyPatch) -> None:
    """Results are put away only in words."""
    patch.setattr(CheckpointStore, "commit", lambda self: self._database.rollback() or False)


def counts_the_summed_up_again(patch: pytest.MonkeyPatch) -> None:
    """A result that is in the sum is counted once more."""
    find = CheckpointStore.find

    def changed(self: CheckpointStore, task: str, item: str, data: bytes) -> Found | None:
        found = find(self, task, item, data)
        return Found(b"echo " + data) if found is not None and found.result is None else found

    patch.setattr(CheckpointStore, "find", changed)


def keeps_the_first_sum(patch: pytest.MonkeyPatch) -> None:
    """A sum is written once, and never again."""
    put_sum = CheckpointStore.put_sum

    def changed(self: CheckpointStore, total: bytes) -> None:
        if self.stored_sum() is None:
            put_sum(self, total)

    patch.setattr(CheckpointStore, "put_sum", changed)


def loses_a_result(patch: pytest.MonkeyPatch) -> None:
    """Every seventh result is dropped on its way."""
    accept = CheckpointedWorkload.accept
    calls = 0

    def changed(self: CheckpointedWorkload, item: Item, result: bytes) -> Iterable[Item]:
        nonlocal calls
        calls += 1
        return () if calls % 7 == 0 else accept(self, item, result)

    patch.setattr(CheckpointedWorkload, "accept", changed)


def accepts_late_results(patch: pytest.MonkeyPatch) -> None:
    """A track stays open when it ends, so that what comes twice counts twice."""

    def end(self: Flight, attempt_id: int) -> Any:
        track = self._tracks.get(attempt_id)
        self.timers.end(attempt_id)
        self._runs_alone = False
        return track

    patch.setattr(Flight, "end", end)


def suspects_nobody(patch: pytest.MonkeyPatch) -> None:
    """Items whose workers died run beside others."""
    patch.setattr(Backlog, "is_suspect", lambda self, track: False)


def forgets_losses(patch: pytest.MonkeyPatch) -> None:
    """A lost attempt is never made again."""
    patch.setattr(Backlog, "again", lambda self, track: None)


def forgets_failures(patch: pytest.MonkeyPatch) -> None:
    """What failed for good is not told."""
    patch.setattr(Tally, "add_failed", lambda self, failed: None)


def retries_for_ever(patch: pytest.MonkeyPatch) -> None:
    """The policy's attempts do not count."""
    next_delay = Retrying.next_delay
    patch.setattr(
        Retrying,
        "next_delay",
        lambda self, track, error, now, **rest: (
            0.1 if track.number < 40 else next_delay(self, track, error, now, **rest)
        ),
    )


def waits_for_nothing(patch: pytest.MonkeyPatch) -> None:
    """The engine polls without waiting."""
    patch.setattr(Engine, "_wait", lambda self, backlog: 0.0)


def overfills(patch: pytest.MonkeyPatch) -> None:
    """There is always room for one more."""
    patch.setattr(Flight, "has_room", lambda self, slots: len(self) < 3 * slots)


def numbers_losses_as_failures(patch: pytest.MonkeyPatch) -> None:
    """A death changes which faults are drawn."""
    lose = Engine._lose

    def changed(self: Engine, track: Any, completion: Any, backlog: Any) -> None:
        track.number += 1
        lose(self, track, completion, backlog)

    patch.setattr(Engine, "_lose", changed)


MUTANTS: list[Mutate] = [
    accepts_late_results,
    commits_nothing,
    counts_the_summed_up_again,
    forgets_failures,
    forgets_losses,
    keeps_the_first_sum,
    loses_a_result,
    numbers_losses_as_failures,
    overfills,
    retries_for_ever,
    suspects_nobody,
    waits_for_nothing,
]


@pytest.mark.parametrize("mutate", MUTANTS, ids=lambda mutate: mutate.__name__)
def test_mutants_are_caught(mutate: Mutate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a few seeds an assertion fails or the run breaks."""
    mutate(monkeypatch)
    for seed in range(SEEDS):
        try:
            simulation.check_seed(seed)
        except Exception:  # noqa: BLE001 - whatever shows that something is wrong
            return
    pytest.fail("nobody noticed")
