"""How far a comparison is with one case: who is still run, how long that takes, and what is left to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from statistics import fmean

from attrs import define, field

from pipeline_optimization.benchmarks.contenders import Contender
from pipeline_optimization.benchmarks.inputs import BenchmarkCase
from pipeline_optimization.benchmarks.records import Sample, SampleKind

__all__ = ["CaseProgress", "affordable_rounds", "typical_seconds"]

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

HOPELESS = 2
"""A contender that got through no text at all in the warm-up and in this number of rounds is not run again either."""

SHORT_RUN_MS = 50.0
"""If every warm execution is shorter than this, a sample has three of them."""

MEMORY_COST = 1.25
"""What a round for memory takes as a multiple of a timed one: it has an execution more."""


@define(kw_only=True, eq=False)
class CaseProgress:
    """One case with its contenders. ``rounds`` and ``memory_rounds`` are what is planned; ``done`` rounds are over."""

    case: BenchmarkCase
    contenders: Sequence[Contender]
    has_warm_up: bool
    rounds: int
    memory_rounds: int
    warm_runs: int = 1
    done: Counter[SampleKind] = field(factory=Counter)
    _failures: Counter[str] = field(factory=Counter)
    _tries: Counter[str] = field(factory=Counter)
    _successes: Counter[str] = field(factory=Counter)
    _seconds: dict[str, float] = field(factory=dict)

    def hopeful(self) -> list[Contender]:
        """Return the contenders that are worth another round."""
        return [contender for contender in self.contenders if self._is_hopeful(contender.name)]

    def add(self, sample: Sample) -> None:
        """Take note of a sample."""
        name = sample.contender
        self._failures[name] += sum(LASTING.get(problem.code, 0) for problem in sample.problems)
        if sample.kind != "warm_up":
            self._seconds[name] = sample.wall_s / (MEMORY_COST if sample.kind == "memory" else 1.0)
            self._tries[name] += 1
        self._successes[name] += sum(execution.is_correct for execution in sample.executions)

    def end_warm_up(self, samples: Sequence[Sample]) -> None:
        """Let samples have more executions where these are short."""
        times = [execution.wall_ms for sample in samples for execution in sample.warm]
        self.warm_runs = 3 if times and max(times) < SHORT_RUN_MS else 1

    def round_seconds(self) -> float:
        """Return what a timed round of all who are worth one takes, as far as it is known."""
        return sum(self._seconds.get(contender.name, 0.0) for contender in self.hopeful())

    def samples_left(self) -> int:
        return len(self.hopeful()) * sum(self._rounds_left().values())

    def seconds_left(self, typical: float) -> float:
        """Return how long the rest takes; a contender that was not seen yet takes ``typical`` seconds a sample."""
        each = sum(self._seconds.get(contender.name, typical) for contender in self.hopeful())
        left = self._rounds_left()
        return each * (left["warm_up"] + left["timed"] + MEMORY_COST * left["memory"])

    def _rounds_left(self) -> dict[SampleKind, int]:
        planned: dict[SampleKind, int] = {
            "warm_up": int(self.has_warm_up),
            "timed": self.rounds,
            "memory": self.memory_rounds,
        }
        return {kind: max(0, number - self.done[kind]) for kind, number in planned.items()}

    def _is_hopeful(self, name: str) -> bool:
        return self._failures[name] < 2 and not (self._tries[name] >= HOPELESS and not self._successes[name])


def affordable_rounds(
    cases: Sequence[CaseProgress], *, seconds: float, least: int, most: int, memory_rounds: Callable[[int], int]
) -> int:
    """Return how many timed rounds of every case the seconds that are left allow, once each has had its first.

    Durations alone decide, and no result has a say; there are ``least`` rounds in any case. ``memory_rounds`` says how many
    come on top of the timed ones.
    """
    each = sum(case.round_seconds() for case in cases)
    for rounds in range(most, least, -1):
        if each * (rounds - 1 + MEMORY_COST * memory_rounds(rounds)) <= seconds:
            return rounds
    return least


def typical_seconds(samples: Sequence[Sample]) -> float:
    """Return the mean duration of a sample so far, 0 where there is none."""
    return fmean(sample.wall_s for sample in samples) if samples else 0.0
