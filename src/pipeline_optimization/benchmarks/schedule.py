"""The schedule of a comparison: which contender runs when, on which input, with which faults. All of it is a function of the seed."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, field, frozen

from pipeline_optimization.benchmarks.contenders import Contender
from pipeline_optimization.benchmarks.inputs import BenchmarkCase, Input
from pipeline_optimization.benchmarks.measuring.raw_samples import ExecutionKind, SampleOrder
from pipeline_optimization.benchmarks.results import SampleKind
from pipeline_optimization.benchmarks.settings import DEFAULT_MEMORY_LIMIT
from pipeline_optimization.engine.draws import seeded_random, uniform
from pipeline_optimization.engine.faults import FaultSettings
from pipeline_optimization.tasks.retry_settings import RetrySettings

__all__ = ["Round", "executions_of", "make_round", "order_sample", "shuffled"]


@frozen(kw_only=True)
class Round:
    """A round: the inputs, the faults and the hash seed that are the same for all contenders."""

    case: BenchmarkCase
    kind: SampleKind
    number: int
    inputs: Sequence[tuple[ExecutionKind, Input]] = field(repr=False)
    settings: FaultSettings | None
    hash_seed: int

    def judged_by(self, rules: object) -> Round:
        """Return the round with the right answers by a contender's rules. Each different input is judged once."""
        judged = {given.data: given for _, given in self.inputs}
        judged = {data: given.judged_by(rules) for data, given in judged.items()}
        return evolve(self, inputs=[(kind, judged[given.data]) for kind, given in self.inputs])


def executions_of(kind: SampleKind, warm_runs: int) -> list[ExecutionKind]:
    """Return the executions of a sample. Memory rounds have more warm ones, to see memory grow.

    The warm-up round executes one input twice, to see which contenders remember answers.
    """
    if kind == "warm_up":
        return ["cold", "warm", "replay"]
    warm: ExecutionKind = "warm"
    return ["cold", *([warm] * (max(2, warm_runs) if kind == "memory" else warm_runs))]


def make_round(case: BenchmarkCase, kind: SampleKind, number: int, *, seed: int, warm_runs: int) -> Round:
    """Return what all contenders of a round have in common. Every execution has an input of its own, except for a replay, which repeats one.

    If the case has a built-in input, the warm-up round ends with it, to see which contenders have its answer ready.
    """
    inputs: list[tuple[ExecutionKind, Input]] = []
    for position, execution in enumerate(executions_of(kind, warm_runs)):
        is_replay = execution == "replay"
        if is_replay and case.repeats_its_input:
            continue
        given = (
            inputs[-1][1]
            if is_replay
            else case.fresh_input(seed, case.profile, kind, number, position, is_cold=execution == "cold")
        )
        inputs.append((execution, given))
    known = case.known_input() if kind == "warm_up" else None
    if known is not None:
        inputs.append(("known", known))
    key = (seed, case.name, case.profile, kind, number)
    settings = FaultSettings(
        profile=case.faults,
        latency_scale=case.latency_scale,
        seed=int(uniform("faults", *key) * (1 << 31)),
        case=case.name,
    )
    return Round(
        case=case,
        kind=kind,
        number=number,
        inputs=inputs,
        settings=None if case.is_calm else settings,
        hash_seed=int(uniform("hash", *key) * (1 << 32)),
    )


def shuffled(contenders: Sequence[Contender], round_: Round, *, seed: int) -> list[Contender]:
    """Return the round's order of contenders."""
    random = seeded_random("order", seed, round_.case.name, round_.case.profile, round_.kind, round_.number)
    return random.sample(list(contenders), len(contenders))


def order_sample(
    contender: Contender,
    round_: Round,
    *,
    timeout: float,
    workers: int,
    memory_limit: int = DEFAULT_MEMORY_LIMIT,
    retry: RetrySettings | None = None,
) -> SampleOrder:
    """Return what is to be measured of one contender in a round."""
    own = round_.case.workers
    return SampleOrder(
        work=round_.case.work,
        kind=contender.kind,
        source=contender.source,
        text=contender.text,
        options={**contender.options, "workers": own} if own and "workers" in contender.options else contender.options,
        arguments={**contender.arguments, **(contender.calm_arguments if round_.settings is None else {})},
        inputs=[(kind, given.data) for kind, given in round_.inputs],
        settings=round_.settings,
        timeout=timeout,
        hash_seed=round_.hash_seed,
        workers=own or workers,
        measures_memory=round_.kind == "memory",
        memory_limit=memory_limit,
        retry=contender.retry or retry or RetrySettings(),
    )
