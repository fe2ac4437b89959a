"""Ctrl-C while a resumed run takes over what an earlier run has finished: each result is taken over completely or not at all."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator
from pathlib import Path

from attrs import define

from independent_items import build, echo
from pipeline_optimization.builtin.retry_policies import NoRetry
from pipeline_optimization.checkpoint import CheckpointStore
from pipeline_optimization.engine.faults import FaultPlan
from pipeline_optimization.engine.loop import Engine
from pipeline_optimization.engine.virtual import VirtualOrchestrator
from pipeline_optimization.engine.work import Item, Retrying
from pipeline_optimization.engine.worker import WorkerSetup
from pipeline_optimization.pipeline.checkpointing import CheckpointedWorkload

ITEMS = 9


@define(eq=False)
class Halves:
    """Adds each result to two sums. At one of its results, a SIGINT comes in between."""

    struck: int | None = None
    first: int = 0
    second: int = 0

    def items(self) -> Iterator[Item]:
        for number in range(ITEMS):
            yield Item(id=str(number), task="echo", fault_key=str(number), data=b"x")

    def accept(self, item: Item, result: bytes) -> Iterable[Item]:
        self.first += 1
        if self.first == self.struck:
            signal.raise_signal(signal.SIGINT)
        self.second += 1
        return ()

    def content(self, item: Item) -> bytes:
        return item.data

    def span(self, item: Item) -> None:
        return None

    def snapshot(self) -> None:
        return None

    def restore(self, snapshot: bytes) -> None:
        raise AssertionError("there is no sum")


def run(workload: Halves, path: Path) -> Engine:
    orchestrator = VirtualOrchestrator(2)
    with CheckpointStore(str(path), {}, resume=True) as store:
        kept = CheckpointedWorkload(workload, store, retries_failed=False)
        engine = Engine(
            orchestrator,
            kept,
            Retrying(NoRetry(), seed=1, case=""),
            clock=orchestrator.clock,
            emit=None,
            run_id="",
            capabilities=orchestrator.capabilities,
        )
        engine.run(WorkerSetup(build=build, argument=echo, faults=FaultPlan()).to_bytes())
        kept.commit()
    return engine


def test_a_signal_tears_no_result_that_is_taken_over(tmp_path: Path) -> None:
    """The run ends as interrupted right after the result, and its report has all of the result."""
    path = tmp_path / "checkpoint"
    run(Halves(), path)
    for struck in (1, 4, ITEMS):
        halves = Halves(struck=struck)
        engine = run(halves, path)
        assert engine.stop is not None
        assert engine.stop.kind == "interrupted"
        assert (halves.first, halves.second) == (struck, struck)
    whole = Halves()
    assert run(whole, path).stop is None
    assert (whole.first, whole.second) == (ITEMS, ITEMS)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
