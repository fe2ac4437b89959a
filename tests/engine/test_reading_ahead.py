"""If abandoned attempts hold all slots, an item is read to see whether one is left. It begins then, and only then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import pytest

from pipeline_optimization.builtin.retry_policies import NoRetry
from pipeline_optimization.engine.faults import FaultPlan
from pipeline_optimization.engine.loop import Engine
from pipeline_optimization.engine.quota import Quota, rate_of
from pipeline_optimization.engine.virtual import Fate, VirtualClock, VirtualOrchestrator
from pipeline_optimization.engine.work import Item, Retrying, TaskPolicy
from pipeline_optimization.engine.worker import Stage, WorkerSetup
from pipeline_optimization.types import Attempt

LOOK = 0.001
"""The seconds that pass while somebody looks at the clock."""


class PassingClock(VirtualClock):
    """Virtual time that passes also while the engine computes."""

    def now(self) -> float:
        self.sleep(LOOK)
        return super().now()


class FirstCallHangs:
    """An adversary that lets the first of the calls answer half a second after its time limit."""

    def fates(self, attempt: Attempt, latency: float) -> Sequence[Fate]:
        return [Fate(1.5 if attempt.item == "call:0" else 0.1)]


class Calls:
    """One item that makes calls under a rate possible."""

    def items(self) -> Iterator[Item]:
        yield Item(id="", task="begin")

    def accept(self, item: Item, result: bytes) -> Iterable[Item]:
        return [Item(id=str(number), task="call", data=b"x") for number in range(4)] if item.task == "begin" else ()


def build(argument: object) -> Mapping[str, Stage]:
    return {"begin": bytes, "call": bytes}


@pytest.mark.parametrize("looks", range(30))
def test_an_item_that_was_read_ahead_begins_once(looks: int) -> None:
    """Even if, while it was read, its quota had room just after other items were made to wait for it."""
    orchestrator = VirtualOrchestrator(1, adversary=FirstCallHangs(), can_kill=False)
    orchestrator.clock = PassingClock()
    engine = Engine(
        orchestrator,
        Calls(),
        Retrying(NoRetry(), seed=1, case=""),
        clock=orchestrator.clock,
        emit=None,
        run_id="",
        policies={"call": TaskPolicy(timeout=1.0 - looks * LOOK, quota=Quota(rate=rate_of("1/s", 1)))},
        capabilities=orchestrator.capabilities,
    )
    engine.run(WorkerSetup(build=build, argument=None, faults=FaultPlan()).to_bytes())
    assert engine.stop is None
    assert engine.tally.of("call").items == engine.tally.ended - 1 == 4
