"""The engine against a seeded adversary, in virtual time. ``python tests/simulation.py SEED`` replays one seed.

The adversary loses attempts with their workers, delivers some late or twice or after it called them lost, makes some
forty times slower, and has killer items whose workers always die. All of it is a pure function of the seed.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from random import Random

from attrs import define, field, frozen

from pipeline_optimization.builtin.retry_policies import ExponentialOptions, ExponentialPolicy
from pipeline_optimization.engine.announcing import EngineEvent
from pipeline_optimization.engine.draws import uniform
from pipeline_optimization.engine.faults import FaultPlan, TaskFaults
from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.engine.loop import Engine
from pipeline_optimization.engine.retrying import Retrying
from pipeline_optimization.engine.virtual import Fate, VirtualOrchestrator
from pipeline_optimization.engine.work import Item
from pipeline_optimization.engine.worker import Stage, WorkerSetup
from pipeline_optimization.types import Attempt, Completion, ItemFinished

ROOT, LEAF = "root", "leaf"


@frozen
class Scenario:
    """What a seed stands for."""

    seed: int
    roots: int
    leaves: int
    slots: int
    failure_rate: float
    attempts: int
    loss_rate: float
    killers: frozenset[str]

    @classmethod
    def of(cls, seed: int) -> Scenario:
        random = Random(seed)
        roots, leaves = random.randint(0, 8), random.randint(0, 5)
        names = [f"{ROOT}:{r}" for r in range(roots)] + [f"{LEAF}:{r}.{n}" for r in range(roots) for n in range(leaves)]
        killers = random.sample(names, min(len(names), random.choice([0, 0, 0, 1, 2])))
        return cls(
            seed=seed,
            roots=roots,
            leaves=leaves,
            slots=random.choice([1, 2, 3, 8, 100]),
            failure_rate=random.choice([0.0, 0.1, 0.3, 0.6, 1.0]),
            attempts=random.choice([1, 2, 5, 20]),
            loss_rate=random.choice([0.0, 0.0, 0.05, 0.3]),
            killers=frozenset(killers),
        )

    @property
    def faults(self) -> FaultPlan:
        faults = TaskFaults(self.failure_rate, 0.1)
        return FaultPlan(tasks={ROOT: faults, LEAF: faults}, seed=self.seed)


@define(eq=False)
class Adversary:
    """Decides fates, and keeps a record of the losses that it dealt."""

    scenario: Scenario
    losses: Counter[str] = field(factory=Counter)

    def fates(self, attempt: Attempt, latency: float) -> Sequence[Fate]:
        scenario = self.scenario

        def draw(purpose: str) -> float:
            return uniform(scenario.seed, attempt.id, purpose)

        took = latency * (0.5 + draw("speed")) * (40.0 if draw("straggler") < 0.03 else 1.0)
        if attempt.item in scenario.killers or draw("loss") < scenario.loss_rate:
            self.losses[attempt.item] += 1
            late = [Fate(took * 3)] if attempt.item not in scenario.killers and draw("late") < 0.3 else []
            return [Fate(took, "lost"), *late]
        return [Fate(took), Fate(took * 1.5)] if draw("doubled") < 0.1 else [Fate(took)]


class WatchedOrchestrator(VirtualOrchestrator):
    """Checks what the engine promises its orchestrators."""

    def __init__(self, slots: int, adversary: Adversary) -> None:
        super().__init__(slots, adversary=adversary)
        self._lost: Counter[str] = Counter()
        self._open: dict[int, str] = {}
        self._spins = 0
        self.is_closed = False

    def submit(self, attempt: Attempt) -> None:
        assert len(self._open) < 2 * self.slots, "more than 2 * slots in flight"
        assert attempt.id not in self._open, "an attempt's id was used twice"
        suspects = [i for i in (*self._open.values(), attempt.item) if self._lost[i] >= 2]
        assert not suspects or not self._open, f"{suspects} must run alone"
        self._open[attempt.id] = attempt.item
        super().submit(attempt)

    def poll(self, timeout: float) -> Sequence[Completion]:
        assert self._open, "poll() with nothing in flight"
        completions = super().poll(timeout)
        self._spins = 0 if completions or timeout > 0 else self._spins + 1
        assert self._spins < 3, "the engine waits in a busy loop"
        for completion in completions:
            item = self._open.pop(completion.id, "")
            self._lost[item] += completion.status == "lost" and item != ""
        return completions

    def close(self, *, force: bool) -> None:
        self.is_closed = True
        super().close(force=force)


@define(eq=False)
class Tree:
    """A workload of roots, each of which makes leaves possible. It notes what it hands out and gets back."""

    scenario: Scenario
    handed_out: list[str] = field(factory=list)
    accepted: list[str] = field(factory=list)

    def items(self) -> Iterator[Item]:
        for root in range(self.scenario.roots):
            yield self._item(ROOT, str(root))

    def accept(self, item: Item, result: bytes) -> Iterable[Item]:
        assert result == b"echo " + item.id.encode(), "a result came back to another item"
        self.accepted.append(item.name)
        if item.task == LEAF:
            return ()
        return (self._item(LEAF, f"{item.id}.{leaf}") for leaf in range(self.scenario.leaves))

    def _item(self, task: str, name: str) -> Item:
        self.handed_out.append(f"{task}:{name}")
        return Item(id=name, task=task, fault_key=name, data=name.encode())


def build_echo(argument: object) -> Mapping[str, Stage]:
    """Build stages that return what they got."""
    return {ROOT: lambda data: b"echo " + data, LEAF: lambda data: b"echo " + data}


@frozen
class Outcome:
    """What is compared between runs."""

    trace: tuple[EngineEvent, ...]
    ledger: tuple[int, str]
    has_poison: bool


def run(scenario: Scenario, *, is_friendly: bool = False) -> Outcome:
    """Run a scenario and assert every invariant; a friendly run has the same faults and no adversary."""
    adversary = Adversary(scenario)
    orchestrator = VirtualOrchestrator(3) if is_friendly else WatchedOrchestrator(scenario.slots, adversary)
    workload = Tree(scenario)
    trace: list[EngineEvent] = []
    policy = ExponentialPolicy(ExponentialOptions(attempts=scenario.attempts))
    engine = Engine(
        orchestrator,
        workload,
        Retrying(policy, seed=scenario.seed, case=""),
        clock=orchestrator.clock,
        emit=trace.append,
        run_id="",
        limits=Limits(parked=5, breaker=0),
        capabilities=orchestrator.capabilities,
        tick=lambda: check_time(orchestrator.clock.now()),
    )
    engine.run(WorkerSetup(build=build_echo, argument=None, faults=scenario.faults).to_bytes())

    ends = [event for event in trace if isinstance(event, ItemFinished)]
    by_status = {status: {e.item for e in ends if e.status == status} for status in ("done", "failed", "poison")}
    assert len({event.item for event in ends}) == len(ends), "an item ended twice"
    assert sorted(e.item for e in ends) == sorted(workload.handed_out), "an item did not end"
    assert sorted(workload.accepted) == sorted(by_status["done"]), "results and ends differ"
    assert [e.time for e in trace] == sorted(e.time for e in trace), "time ran backwards"
    dealt = {item for item, losses in adversary.losses.items() if losses >= 3}
    assert by_status["poison"] == dealt, "poison is what lost three workers, and nothing else"
    assert engine.tally.failures == len(by_status["failed"]) + len(by_status["poison"]), "a failure is not reported"
    assert sum(s.lost for s in engine.tally.tasks.values()) == adversary.losses.total(), "a loss is not reported"
    ledger = (engine.tally.ledger_entries, engine.tally.ledger_digest)
    return Outcome(tuple(trace), ledger, bool(by_status["poison"]))


def check_time(now: float) -> None:
    assert now < 1_000_000, "the run does not end"


def check_seed(seed: int) -> None:
    """Run a seed twice against the adversary and once without: same trace, same ledger."""
    scenario = Scenario.of(seed)
    outcome = run(scenario)
    assert run(scenario).trace == outcome.trace, "the same seed took another course"
    if not outcome.has_poison:
        assert run(scenario, is_friendly=True).ledger == outcome.ledger, "the adversary changed the ledger"


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        print(Scenario.of(int(argument)))
        check_seed(int(argument))
