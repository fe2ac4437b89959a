"""The progress of a comparison with one case: which contenders still run, how long they take, and what is left to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from statistics import fmean

from attrs import define, field

from pipeline_optimization.benchmarks.contenders import Contender
from pipeline_optimization.benchmarks.inputs import BenchmarkCase
from pipeline_optimization.benchmarks.results import Sample, SampleKind

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
"""Faults that repeat each time, with their weight. A contender with a total weight of two is not run again, so that the others have the time. Its row
says why."""

HOPELESS = 2
"""A contender that succeeded neither in the warm-up nor in this number of rounds is not run again either."""

SHORT_RUN_MS = 50.0
"""If every warm execution is shorter than this, a sample has three of them."""

MEMORY_COST = 1.25
"""How many times as long as a timed round a memory round takes, because it has one more execution."""


@define(kw_only=True, eq=False)
class CaseProgress:
    """One case with its contenders.

    Attributes:
        rounds: The timed rounds that are planned.
        memory_rounds: The memory rounds that are planned.
        warm_runs: The warm executions of a timed sample.
        done: The finished rounds of each kind.
    """

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
        """Note a sample."""
        name = sample.contender
        self._failures[name] += sum(LASTING.get(problem.code, 0) for problem in sample.problems)
        if sample.kind != "warm_up":
            self._seconds[name] = sample.wall_s / (MEMORY_COST if sample.kind == "memory" else 1.0)
            self._tries[name] += 1
        self._successes[name] += sum(execution.is_correct for execution in sample.executions)

    def end_warm_up(self, samples: Sequence[Sample]) -> None:
        """Let samples have more executions if these are short."""
        times = [execution.wall_ms for sample in samples for execution in sample.warm]
        self.warm_runs = 3 if times and max(times) < SHORT_RUN_MS else 1

    def round_seconds(self) -> float:
        """Return how long a timed round of all remaining contenders takes, as far as that is known."""
        return sum(self._seconds.get(contender.name, 0.0) for contender in self.hopeful())

    def samples_left(self) -> int:
        return len(self.hopeful()) * sum(self._rounds_left().values())

    def seconds_left(self, typical: float) -> float:
        """Return how long the rest takes. A contender that has not run yet counts with ``typical`` seconds for each sample."""
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
    """Return the number of timed rounds of every case for which the rest of the time is enough, after the first round of each.

    Only durations decide, and results do not. There are at least ``least`` rounds. ``memory_rounds`` returns how many memory rounds come with a
    number of timed ones.
    """
    each = sum(case.round_seconds() for case in cases)
    for rounds in range(most, least, -1):
        if each * (rounds - 1 + MEMORY_COST * memory_rounds(rounds)) <= seconds:
            return rounds
    return least


def typical_seconds(samples: Sequence[Sample]) -> float:
    """Return the mean duration of a sample so far, or 0 if there is none."""
    return fmean(sample.wall_s for sample in samples) if samples else 0.0
