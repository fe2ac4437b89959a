"""A workload of independent items, and the engine that runs it in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from attrs import define, field, frozen

from pipeline_optimization.builtin.retry_policies import ExponentialOptions, ExponentialPolicy
from pipeline_optimization.engine.faults import FaultPlan, TaskFaults
from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.engine.loop import Engine
from pipeline_optimization.engine.virtual import Fate, VirtualOrchestrator
from pipeline_optimization.engine.work import NO_TASK_POLICIES, Item, Retrying, TaskPolicy
from pipeline_optimization.engine.worker import Stage, WorkerSetup
from pipeline_optimization.types import Attempt, RetryPolicy
from pipeline_optimization.types.events import EngineEvent


@define(eq=False)
class IndependentItems:
    """A workload of independent items that notes how far it was read and what came back."""

    size: int
    data: bytes = b"x"
    read: int = 0
    results: dict[str, bytes] = field(factory=dict)

    def items(self) -> Iterator[Item]:
        for number in range(self.size):
            self.read += 1
            yield Item(id=str(number), task="echo", fault_key=str(number), data=self.data)

    def accept(self, item: Item, result: bytes) -> Sequence[Item]:
        self.results[item.id] = result
        return ()


@frozen
class Takes:
    """An adversary that lets the attempts of each item take so many seconds, or lose their workers after them."""

    seconds: Sequence[float]
    lost: frozenset[str] = frozenset()

    def fates(self, attempt: Attempt, latency: float) -> Sequence[Fate]:
        number = int(attempt.item.partition(":")[2])
        is_lost = attempt.item in self.lost and attempt.id <= len(self.seconds)
        return [Fate(self.seconds[number], "lost" if is_lost else "done")]


def build(argument: object) -> Mapping[str, Stage]:
    assert callable(argument)
    return {"echo": argument}


def echo(data: bytes) -> bytes:
    return data


def start(
    workload: IndependentItems,
    *,
    stage: Callable[[bytes], bytes] = echo,
    policy: RetryPolicy | None = None,
    faults: TaskFaults | None = None,
    slots: int | None = 2,
    limits: Limits | None = None,
    seed: int = 1,
    scale: float = 1.0,
    orchestrator: VirtualOrchestrator | None = None,
    policies: Mapping[str, TaskPolicy] = NO_TASK_POLICIES,
) -> tuple[Engine, list[EngineEvent], VirtualOrchestrator]:
    """Run a workload to its end and return what there is to look at."""
    orchestrator = orchestrator or VirtualOrchestrator(slots)
    events: list[EngineEvent] = []
    engine = Engine(
        orchestrator,
        workload,
        Retrying(policy or ExponentialPolicy(ExponentialOptions()), seed=seed, case="", scale=scale),
        clock=orchestrator.clock,
        emit=events.append,
        run_id="run",
        limits=limits,
        policies=policies,
        capabilities=orchestrator.capabilities,
    )
    plan = FaultPlan(tasks={"echo": faults or TaskFaults()}, seed=seed)
    engine.run(WorkerSetup(build=build, argument=stage, faults=plan).to_bytes())
    return engine, events, orchestrator
