"""Runs a comparison: a warm-up round, timed rounds, memory rounds, each contender once a round in random order."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from attrs import evolve, frozen

from pipeline_optimization.benchmarks.contenders import Contender
from pipeline_optimization.benchmarks.judging.assembly import assemble, assemble_unmeasured
from pipeline_optimization.benchmarks.measuring.sampling import take_sample
from pipeline_optimization.benchmarks.oracle import digest
from pipeline_optimization.benchmarks.profiles import BenchmarkCase
from pipeline_optimization.benchmarks.records import CaseRecord, Sample, SampleKind
from pipeline_optimization.benchmarks.schedule import Round, make_round, order_sample, shuffled
from pipeline_optimization.benchmarks.settings import ComparisonSettings

__all__ = ["Comparing", "SampleKey", "Step", "sample_key"]

LASTING = {
    "import_error": 2,
    "no_orchestrator": 2,
    "declined": 2,
    "timeout": 1,
    "out_of_memory": 1,
    "crashed": 1,
    "exited": 1,
    "garbled_reports": 1,
    "not_measured": 1,
}
"""Faults of contenders that are not run again after two of them: the row says why, and the others have the time."""

SHORT_RUN_MS = 50.0
"""If every warm execution is shorter than this, a sample has three of them."""


@frozen(kw_only=True)
class Step:
    """How far a comparison is: samples taken and planned, and what comes next. Says nothing of results."""

    done: int
    planned: int
    what: str


SampleKey = tuple[str, str, str, int, str]
"""Case, profile, kind, round and contender: what tells one sample from all others of a comparison."""


def sample_key(sample: Sample) -> SampleKey:
    return sample.case, sample.profile, sample.kind, sample.round, sample.contender


class Comparing:
    """One comparison under way.

    ``keep`` gets each sample as soon as it is taken, ``show`` each step before it. Samples that ``known`` holds, from
    a run that was interrupted, are not taken again.
    """

    def __init__(
        self,
        contenders: Sequence[Contender],
        settings: ComparisonSettings,
        *,
        keep: Callable[[Sample], None],
        show: Callable[[Step], None],
        known: Mapping[SampleKey, Sample] = MappingProxyType({}),
    ) -> None:
        self._contenders = contenders
        self._settings = settings
        self._keep = keep
        self._show = show
        self._known = known
        self._began = time.monotonic()
        self._failures: Counter[str] = Counter()
        self._planned = 0
        self.samples: list[Sample] = []
        self.cases: list[CaseRecord] = []

    def run(self) -> None:
        """Take all samples. KeyboardInterrupt passes through; the samples taken by then are in ``samples``."""
        for case in self._settings.cases:
            self._run_case(case)

    def _run_case(self, case: BenchmarkCase) -> None:
        self._failures = Counter()
        self._planned = len(self.samples) + len(self._contenders)
        record = CaseRecord(
            case=case.name,
            profile=case.profile,
            words=0,
            distinct_words=0,
            faults=case.faults,
            latency_scale=case.latency_scale,
        )
        self.cases.append(record)
        warm_up = self._run_round(make_round(case, "warm_up", 0, seed=self._settings.seed, warm_runs=1))
        times = [execution.wall_ms for sample in warm_up for execution in sample.warm]
        warm_runs = 3 if times and max(times) < SHORT_RUN_MS else 1
        hopeful = {contender.name for contender in self._hopeful()}
        rounds = self._rounds(sum(sample.wall_s for sample in warm_up if sample.contender in hopeful))
        memory_rounds = self._memory_rounds(rounds)
        self.cases[-1] = evolve(self.cases[-1], rounds=rounds, memory_rounds=memory_rounds, warm_runs=warm_runs)
        plan: list[tuple[SampleKind, int]] = [("timed", number) for number in range(1, rounds + 1)]
        plan += [("memory", number) for number in range(1, memory_rounds + 1)]
        for position, (kind, number) in enumerate(plan):
            self._planned = len(self.samples) + len(self._hopeful()) * (len(plan) - position)
            self._run_round(make_round(case, kind, number, seed=self._settings.seed, warm_runs=warm_runs))

    def _run_round(self, round_: Round) -> list[Sample]:
        """Run every hopeful contender once, in the round's order."""
        self._note(round_)
        samples = []
        for index, contender in enumerate(shuffled(self._hopeful(), round_, seed=self._settings.seed)):
            what = f"{round_.case.profile} · {round_.case.name} · {round_.kind.replace('_', '-')} round {round_.number}"
            self._show(Step(done=len(self.samples), planned=self._planned, what=f"{what} · {contender.name}"))
            sample = self._sample(contender, round_, index)
            self._failures[contender.name] += sum(LASTING.get(problem.code, 0) for problem in sample.problems)
            self.samples.append(sample)
            samples.append(sample)
        return samples

    def _sample(self, contender: Contender, round_: Round, index: int) -> Sample:
        case = round_.case
        known = self._known.get((case.name, case.profile, round_.kind, round_.number, contender.name))
        if known is not None:
            return known
        started = time.monotonic() - self._began
        settings = self._settings
        order = order_sample(
            contender,
            round_,
            timeout=settings.timeout,
            workers=settings.workers,
            memory_limit=settings.memory_limit,
            retry=settings.retry,
        )
        try:
            sample = assemble(take_sample(order), contender.name, round_, order_index=index, started=started)
        except Exception as error:  # noqa: BLE001 - each sample is a boundary: one contender must not end the comparison
            sample = assemble_unmeasured(error, contender.name, round_, order_index=index, started=started)
        self._keep(sample)
        return sample

    def _note(self, round_: Round) -> None:
        """Enter a round's texts into the record of its case."""
        first = round_.texts[0][1]
        record = self.cases[-1]
        digests = {
            f"{round_.kind} {round_.number}.{position}": digest(text.expected)
            for position, (_, text) in enumerate(round_.texts)
        }
        self.cases[-1] = evolve(
            record,
            words=record.words or len(first.tokens),
            distinct_words=record.distinct_words or len(set(first.tokens)),
            expected_digests={**record.expected_digests, **digests},
        )

    def _hopeful(self) -> list[Contender]:
        return [contender for contender in self._contenders if self._failures[contender.name] < 2]

    def _memory_rounds(self, rounds: int) -> int:
        asked = self._settings.memory_rounds
        return asked if asked is not None else max(2, rounds // 4) if rounds >= 4 else 1

    def _rounds(self, round_seconds: float) -> int:
        """Return the number of timed rounds, which no result has a say in."""
        settings = self._settings
        if settings.rounds is not None:
            return settings.rounds
        assert settings.time_budget is not None
        budget = settings.time_budget / len(settings.cases) - sum(
            sample.wall_s for sample in self.samples if sample.kind == "warm_up"
        ) / len(self.cases)
        affordable = int(budget / max(round_seconds, 0.001)) - self._memory_rounds(settings.least_rounds)
        return max(settings.least_rounds, min(settings.most_rounds, affordable))
