"""Who runs when, on which text, with which faults: all of it a function of the seed."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, field, frozen

from pipeline_optimization.benchmarks.contenders import Contender
from pipeline_optimization.benchmarks.measuring.raw import ExecutionKind, SampleOrder
from pipeline_optimization.benchmarks.oracle import Oracle
from pipeline_optimization.benchmarks.profiles import BenchmarkCase
from pipeline_optimization.benchmarks.records import SampleKind
from pipeline_optimization.benchmarks.settings import DEFAULT_MEMORY_LIMIT
from pipeline_optimization.benchmarks.texts import FreshText
from pipeline_optimization.engine.draws import seeded_random, uniform
from pipeline_optimization.engine.faults import FaultSettings
from pipeline_optimization.tasks.retry_settings import RetrySettings

__all__ = ["Round", "executions_of", "make_round", "order_sample", "shuffled"]


@frozen(kw_only=True)
class Round:
    """A round: the texts, the faults and the hash seed that all contenders get alike."""

    case: BenchmarkCase
    kind: SampleKind
    number: int
    texts: Sequence[tuple[ExecutionKind, FreshText]] = field(repr=False)
    settings: FaultSettings | None
    hash_seed: int

    def judged_by(self, oracle: Oracle) -> Round:
        """Return the round with what the oracle expects of its texts."""
        if all(text.oracle is oracle for _, text in self.texts):
            return self
        judged = {text.text: FreshText.of(text.text, oracle) for _, text in self.texts}
        return evolve(self, texts=[(kind, judged[text.text]) for kind, text in self.texts])


def executions_of(kind: SampleKind, warm_runs: int) -> list[ExecutionKind]:
    """Return the executions of a sample: memory rounds have more warm ones, to see memory grow.

    The warm-up round executes one text twice, to see who remembers answers.
    """
    if kind == "warm_up":
        return ["cold", "warm", "replay"]
    warm: ExecutionKind = "warm"
    return ["cold", *([warm] * (max(2, warm_runs) if kind == "memory" else warm_runs))]


def make_round(case: BenchmarkCase, kind: SampleKind, number: int, *, seed: int, warm_runs: int) -> Round:
    """Return a round's common ground. Every execution has a text of its own, but for a replay, which repeats.

    The warm-up round ends with a built-in text where the case has one, to see who has its answer ready.
    """
    texts: list[tuple[ExecutionKind, FreshText]] = []
    for position, execution in enumerate(executions_of(kind, warm_runs)):
        is_replay = execution == "replay"
        text = (
            texts[-1][1]
            if is_replay
            else case.fresh_text(seed, case.profile, kind, number, position, is_cold=execution == "cold")
        )
        texts.append((execution, text))
    if kind == "warm_up" and case.template:
        texts.append(("known", FreshText.of(case.template)))
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
        texts=texts,
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
        kind=contender.kind,
        source=contender.source,
        text=contender.text,
        options={**contender.options, "workers": own} if own and "workers" in contender.options else contender.options,
        # A kernel counts only where no stage can wait or fail; elsewhere to name one would be an error.
        arguments={k: v for k, v in contender.arguments.items() if k != "kernel" or round_.settings is None},
        texts=[(kind, text.text) for kind, text in round_.texts],
        settings=round_.settings,
        timeout=timeout,
        hash_seed=round_.hash_seed,
        workers=own or workers,
        measures_memory=round_.kind == "memory",
        memory_limit=memory_limit,
        retry=contender.retry or retry or RetrySettings(),
    )
