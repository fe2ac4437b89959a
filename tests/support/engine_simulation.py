"""The engine against a seeded adversary, in virtual time. ``python tests/support/engine_simulation.py SEED`` replays one seed.

The adversary loses attempts with their workers, delivers some late or twice or after it called them lost, lets some hang or
take a heavy-tailed time, and has killer items whose workers always die. It also ends the whole run in mid-air, which then
goes on from its checkpoint. All of it is a pure function of the seed.
"""

from __future__ import annotations

import math
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from random import Random
from struct import Struct
from typing import Self, cast

from attrs import Factory, define, evolve, field, frozen

from pipeline_optimization.builtin.retry_policies import ExponentialOptions, ExponentialPolicy
from pipeline_optimization.checkpoint import CheckpointStore
from pipeline_optimization.engine.faults import FaultPlan, TaskFaults
from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.engine.loop import Engine
from pipeline_optimization.engine.quota import Quota, quota_of
from pipeline_optimization.engine.tally import Tally
from pipeline_optimization.engine.virtual import Fate, VirtualOrchestrator
from pipeline_optimization.engine.work import Item, Retrying, TaskPolicy
from pipeline_optimization.engine.worker import Stage, WorkerSetup
from pipeline_optimization.pipeline.checkpointing import CheckpointedWorkload
from pipeline_optimization.types import Attempt, AttemptEnded, Completion, ItemFinished, TaskFailed
from pipeline_optimization.types.events import EngineEvent
from quota_watch import QuotaWatch, check_quotas

ROOT, LEAF = "root", "leaf"
POISON_LOSSES = 3
MAX_LIVES = 200
MOST_TICKS_OF_A_MOMENT = 1_000
"""The engine's steps in which virtual time stands still. A scenario has 200 items at most."""
NARROW = 0.25
"""The share of scenarios with short time limits, few slots and slow quotas, as far as they are small: waiting takes steps of the engine."""
TWO_SUSPECTS = 18_930
"""A seed under which two suspects have quotas of their own, and the later one's has room first."""
FOUR = Struct(">4I")
FAST_DIRECTORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Memory, where there is such a directory: no test is about the speed of a disk."""


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
    hang_rate: float
    can_kill: bool
    item_timeout: float | None
    commit_rate: float
    crashes: tuple[int, ...]
    is_flat: bool
    quotas: Mapping[str, Quota | None]

    @classmethod
    def of(cls, seed: int) -> Scenario:
        random = Random(seed)
        roots, leaves = random.randint(0, 6), random.randint(0, 4)
        names = [f"{ROOT}:{r}" for r in range(roots)] + [f"{LEAF}:{r}.{n}" for r in range(roots) for n in range(leaves)]
        killers = random.sample(names, min(len(names), random.choice([0, 0, 0, 1, 2])))
        is_large = seed % 250 == 7
        is_flat = random.random() < 0.2 or is_large
        can_hang, can_kill = random.random() < 0.3, random.random() < 0.7
        drawn = cls(
            seed=seed,
            # Small runs find as much as large ones in less time; a few large ones fill pages of a checkpoint.
            roots=150 if is_large else roots * 3 if is_flat else roots,
            leaves=0 if is_flat else leaves,
            slots=random.choice([1, 2, 3, 8, 100]),
            failure_rate=random.choice([0.0, 0.1, 0.3, 0.6, 1.0]),
            attempts=random.choice([1, 2, 2, 3, 3, 20]),
            loss_rate=random.choice([0.0, 0.0, 0.05, 0.3]),
            killers=frozenset(killers),
            hang_rate=(0.05 if can_kill else 0.01) if can_hang else 0.0,
            can_kill=can_kill,
            item_timeout=20.0 if can_hang else random.choice([None, None, 1000.0]),
            commit_rate=random.choice([0.1, 0.5, 1.0]),
            crashes=tuple(random.randint(1, 30) for _ in range(random.choice([0, 0, 0, 1, 1, 2, 4]))),
            is_flat=is_flat,
            quotas=_quotas(Random(f"quotas of {seed}")),
        )
        return _narrowed(drawn, Random(f"narrow {seed}"))

    @property
    def has_several_lives(self) -> bool:
        """Return whether the run may be cut short, by a crash, or because attempts that nobody can end hold all slots."""
        return bool(self.crashes) or (self.item_timeout is not None and not self.can_kill)

    @property
    def faults(self) -> FaultPlan:
        faults = TaskFaults(self.failure_rate, 0.1)
        return FaultPlan(tasks={ROOT: faults, LEAF: faults}, seed=self.seed)


def _narrowed(scenario: Scenario, random: Random) -> Scenario:
    """Return some scenarios with a time limit that many attempts do not keep, few slots and quotas that hold up nearly all items."""
    if random.random() >= NARROW or scenario.roots * (1 + scenario.leaves) > 30:
        return scenario
    quotas = [quota_of(1, None, None), quota_of(None, "1/s", None), quota_of(2, "20/min", None), None]
    return evolve(
        scenario,
        item_timeout=random.choice([0.15, 0.15, 0.5, 3.0]),
        slots=random.choice([1, 1, 1, 2]),
        attempts=random.choice([1, 1, 1, 2]),
        can_kill=random.random() < 0.2,
        quotas={task: random.choice(quotas) for task in (ROOT, LEAF)},
    )


def _quotas(random: Random) -> Mapping[str, Quota | None]:
    """Return what roots and leaves may take: most often anything, else a limit, a rate, both, or one quota together."""
    drawn = [
        None,
        None,
        *(quota_of(limit, rate, None) for limit, rate in ((1, None), (3, None), (None, "5/s"), (2, "2/s"))),
    ]
    if random.random() < 0.2:
        return dict.fromkeys((ROOT, LEAF), random.choice(drawn))
    return {task: random.choice(drawn) for task in (ROOT, LEAF)}


@frozen
class Adversary:
    """Decides fates."""

    scenario: Scenario
    life: int = 0

    def fates(self, attempt: Attempt, latency: float) -> Sequence[Fate]:
        scenario = self.scenario

        hang, speed, loss, again = _uniforms(f"{scenario.seed} {self.life} {attempt.id}")
        if hang < scenario.hang_rate:
            return [Fate(math.inf)]
        # Pareto's law with an exponent of 1.1: few attempts take most of the time.
        took = latency * min(100.0, 0.5 / (1.0 - speed) ** (1 / 1.1))
        if attempt.item in scenario.killers or loss < scenario.loss_rate:
            late = [Fate(took * 3)] if attempt.item not in scenario.killers and again < 0.3 else []
            return [Fate(took, "lost"), *late]
        return [Fate(took), Fate(took * 1.5)] if again < 0.1 else [Fate(took)]


def _uniforms(text: str) -> Sequence[float]:
    """Return four numbers between 0 and 1 that a text stands for."""
    return [one / 2**32 for one in FOUR.unpack(blake2b(text.encode(), digest_size=FOUR.size).digest())]


class WatchedOrchestrator(QuotaWatch):
    """Checks what the engine promises its orchestrators.

    Attributes:
        lost: By item, how often it reported an attempt as lost that was open. Losses of attempts that were called off before are none.
    """

    def __init__(self, slots: int, adversary: Adversary, *, can_kill: bool) -> None:
        super().__init__(slots, adversary=adversary, can_kill=can_kill)
        self.lost: Counter[str] = Counter()
        self._open: dict[int, str] = {}
        self._abandoned: set[int] = set()
        self._spins = 0
        self.is_closed = False

    def submit(self, attempt: Attempt) -> None:
        assert len(self._open) < 2 * self.slots, "more than 2 * slots in flight"
        assert attempt.id not in self._open, "an attempt's id was used twice"
        suspects = [i for i in (*self._open.values(), attempt.item) if self.lost[i] >= 2]
        assert not suspects or not self._open, f"{suspects} must run alone"
        self._open[attempt.id] = attempt.item
        super().submit(attempt)

    def poll(self, timeout: float) -> Sequence[Completion]:
        assert self._open or self._abandoned, "poll() with nothing in flight"
        completions = super().poll(timeout)
        self._spins = 0 if completions or timeout > 0 else self._spins + 1
        assert self._spins < 3, "the engine waits in a busy loop"
        for completion in completions:
            item = self._open.pop(completion.id, None)
            self._abandoned.discard(completion.id)
            if item is not None and completion.status == "lost":
                self.lost[item] += 1
        return completions

    def cancel(self, attempt_id: int) -> bool:
        assert attempt_id in self._open, "what is not open was called off"
        del self._open[attempt_id]
        is_gone = super().cancel(attempt_id)
        if not is_gone:
            self._abandoned.add(attempt_id)
        return is_gone

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

    def content(self, item: Item) -> bytes:
        return item.data

    def span(self, item: Item) -> None:
        return None

    def snapshot(self) -> bytes | None:
        return "\n".join(self.accepted).encode() if self.scenario.is_flat else None

    def restore(self, snapshot: bytes) -> None:
        self.accepted += snapshot.decode().split("\n")

    def _item(self, task: str, name: str) -> Item:
        self.handed_out.append(f"{task}:{name}")
        return Item(id=name, task=task, fault_key=name, data=name.encode())


def build_echo(argument: object) -> Mapping[str, Stage]:
    """Build stages that return what they got."""
    return {ROOT: lambda data: b"echo " + data, LEAF: lambda data: b"echo " + data}


class CrashError(BaseException):
    """The whole run dies."""


@frozen
class Outcome:
    """What is compared between runs: the events of all lives, and how the last one ended."""

    trace: tuple[EngineEvent, ...]
    ledger: tuple[int, str]
    done: frozenset[str]
    failures: int
    has_poison: bool
    has_timeouts: bool
    lives: int


def run(scenario: Scenario, *, is_friendly: bool = False) -> Outcome:
    """Run a scenario, life after life until it ends, and assert every invariant.

    A friendly run has the same faults, no adversary, and no observers.
    """
    trace: list[EngineEvent] = []
    crashes = () if is_friendly else scenario.crashes
    with _checkpoint(scenario, is_friendly=is_friendly) as path:
        for life in range(MAX_LIVES):
            crash = crashes[life] if life < len(crashes) else None
            lived = Life(scenario, life, crash, path, trace, is_friendly=is_friendly).live()
            if lived is not None:
                return lived
    raise AssertionError("the run is stopped again and again")


@contextmanager
def _checkpoint(scenario: Scenario, *, is_friendly: bool) -> Iterator[str | None]:
    """Yield the path of the checkpoint of a run, or None if the run certainly has a single life, in which nobody reads it."""
    if is_friendly or not scenario.has_several_lives:
        yield None
        return
    with tempfile.TemporaryDirectory(dir=FAST_DIRECTORY) as directory:
        yield f"{directory}/checkpoint"


class UnreadStore:
    """Stands for the checkpoint of a single life, which is empty at its beginning and is never read."""

    finished = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def find(self, *_: object, **_options: object) -> None:
        return None

    find_failure = stored_sum = put = put_failure = put_sum = find

    def commit(self) -> bool:
        return True


@define(eq=False)
class Life:
    """One process of a run: from its start, or from the checkpoint, to its end, its stop or its death."""

    scenario: Scenario
    number: int
    crash: int | None
    path: str | None
    trace: list[EngineEvent]
    is_friendly: bool = field(kw_only=True)
    commits: Random = field(
        init=False, default=Factory(lambda self: Random(self.scenario.seed * MAX_LIVES + self.number), takes_self=True)
    )
    ticks: int = 0
    moment: float = 0.0
    ticks_of_moment: int = 0

    def live(self) -> Outcome | None:
        """Return the outcome, or None where the run has not ended."""
        scenario = self.scenario
        orchestrator: VirtualOrchestrator = VirtualOrchestrator(3)
        if not self.is_friendly:
            adversary = Adversary(scenario, self.number)
            orchestrator = WatchedOrchestrator(scenario.slots, adversary, can_kill=scenario.can_kill)
        tree = Tree(scenario)
        with self._store() as store:
            finished_before = store.finished
            workload = CheckpointedWorkload(tree, store, retries_failed=False)
            engine = Engine(
                orchestrator,
                workload,
                Retrying(
                    ExponentialPolicy(ExponentialOptions(attempts=scenario.attempts)), seed=scenario.seed, case=""
                ),
                clock=orchestrator.clock,
                emit=None if self.is_friendly else self.trace.append,
                run_id=str(self.number),
                limits=Limits(parked=5, breaker=0, item_timeout=scenario.item_timeout),
                policies={task: TaskPolicy(quota=quota) for task, quota in scenario.quotas.items()},
                capabilities=orchestrator.capabilities,
                tick=lambda: self._tick(workload, orchestrator.clock.now()),
                quarantine=workload.quarantine,
            )
            try:
                engine.run(WorkerSetup(build=build_echo, argument=None, faults=scenario.faults).to_bytes())
                workload.commit()
            except CrashError:
                return None
        if isinstance(orchestrator, WatchedOrchestrator):
            check_quotas(orchestrator, scenario.quotas)
            self._check(engine, tree, workload, orchestrator.lost, finished_before)
        return None if engine.stop is not None else self._outcome(engine, tree, workload)

    def _store(self) -> CheckpointStore:
        if self.path is None:
            return cast(CheckpointStore, UnreadStore())
        return CheckpointStore(self.path, {"seed": str(self.scenario.seed)}, resume=True)

    def _tick(self, workload: CheckpointedWorkload, now: float) -> None:
        assert now < 1_000_000, "the run does not end"
        self.ticks += 1
        self.moment, self.ticks_of_moment = now, self.ticks_of_moment + 1 if now == self.moment else 0
        assert self.ticks_of_moment < MOST_TICKS_OF_A_MOMENT, "the engine waits in a busy loop"
        # A life may die before a commit, and after one.
        if self.commits.random() < self.scenario.commit_rate:
            workload.commit()
        if self.ticks == self.crash:
            raise CrashError

    def _ends(self) -> list[ItemFinished]:
        return [e for e in self.trace if isinstance(e, ItemFinished) and e.run_id == str(self.number)]

    def _check(
        self, engine: Engine, tree: Tree, workload: CheckpointedWorkload, lost: Counter[str], finished_before: int
    ) -> None:
        ends, tally = self._ends(), engine.tally
        by_status = {status: [e.item for e in ends if e.status == status] for status in ("done", "failed", "poison")}
        times = [event.time for event in self.trace if event.run_id == str(self.number)]
        assert times == sorted(times), "time ran backwards"
        assert len({event.item for event in ends}) == len(ends), "an item ended twice"
        assert len(set(tree.accepted)) == len(tree.accepted), "a result was counted twice"
        assert set(by_status["done"]) <= set(tree.accepted), "a result was lost"
        assert all(event.attempts <= self.scenario.attempts for event in ends), "an item was tried too often"
        resumed = len(tree.accepted) - len(by_status["done"])
        assert resumed <= finished_before, "a result came from nowhere"
        deadly = {item for item, losses in lost.items() if losses >= POISON_LOSSES}
        assert set(by_status["poison"]) <= deadly, "an innocent was given up"
        assert tally.failures == len(by_status["failed"]) + len(by_status["poison"]), "a failure is not reported"
        assert sum(s.lost for s in tally.tasks.values()) == lost.total(), "a loss was invented, or is not reported"
        check_attempts(
            [e for e in self.trace if isinstance(e, AttemptEnded) and e.run_id == str(self.number)], ends, tally
        )
        if engine.stop is not None:
            assert engine.stop.kind == "abandoned", "it stopped without a reason"
            assert not self.scenario.can_kill, "it could have ended them"
            return
        ended = len(ends) + resumed + workload.failed.failures
        assert ended == len(tree.handed_out), "an item did not end"
        assert set(by_status["poison"]) == deadly, "poison is what lost three workers, and nothing else"

    def _outcome(self, engine: Engine, tree: Tree, workload: CheckpointedWorkload) -> Outcome:
        tally = engine.tally
        return Outcome(
            trace=tuple(self.trace),
            ledger=(tally.ledger_entries, tally.ledger_digest),
            done=frozenset(tree.accepted),
            failures=tally.failures + workload.failed.failures,
            has_poison=any(isinstance(e, ItemFinished) and e.status == "poison" for e in self.trace),
            has_timeouts=any(isinstance(e, TaskFailed) and e.error.type == "ItemTimeout" for e in self.trace),
            lives=self.number + 1,
        )


def check_attempts(attempts: Sequence[AttemptEnded], ends: Sequence[ItemFinished], tally: Tally) -> None:
    """See that attempts are told once, with a life in its order, in slots that they do not share."""
    by_outcome = Counter(attempt.outcome for attempt in attempts)
    # Those that nobody waits for at a stop have not answered, and are in no tally.
    assert by_outcome["lost"] == sum(stats.lost for stats in tally.tasks.values()), (
        "a loss is told twice, or not at all"
    )
    answered = [one for one in attempts if (one.outcome != "lost" and one.error is not None) or one.outcome == "ok"]
    assert len(answered) == tally.attempts, "an attempt is told twice, or not at all"
    assert Counter((a.item, a.status) for a in attempts if a.status) == Counter((e.item, e.status) for e in ends)
    free: defaultdict[int, int] = defaultdict(int)
    for one in sorted((one for one in attempts if one.slot), key=lambda one: (one.ended_ns, one.began_ns)):
        assert one.handed_out_ns is not None
        assert one.began_ns is not None
        assert one.ended_ns is not None
        assert one.handed_out_ns <= one.began_ns <= one.ended_ns <= one.came_back_ns, "a life is out of order"
        assert free[one.slot] <= one.began_ns, "two attempts of one slot overlap"
        free[one.slot] = one.ended_ns


def check_seed(seed: int) -> None:
    """Run a seed against the adversary and without: same end, same ledger. Every sixteenth must take the same course again."""
    scenario = Scenario.of(seed)
    outcome = run(scenario)
    if seed % 16 == 0:
        assert run(scenario).trace == outcome.trace, "the same seed took another course"
    if outcome.has_poison or outcome.has_timeouts:
        return
    friendly = run(scenario, is_friendly=True)
    assert (outcome.done, outcome.failures) == (friendly.done, friendly.failures), "the adversary changed the result"
    if outcome.lives == 1:
        assert outcome.ledger == friendly.ledger, "the adversary changed the ledger"


def check_seeds(first: int, last: int) -> None:
    """Check the seeds from ``first`` to before ``last``; an error names its seed."""
    for seed in range(first, last):
        try:
            check_seed(seed)
        except AssertionError as error:
            error.add_note(f"Replay: hatch run python tests/support/engine_simulation.py {seed}")
            raise


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        print(Scenario.of(int(argument)))
        check_seed(int(argument))
