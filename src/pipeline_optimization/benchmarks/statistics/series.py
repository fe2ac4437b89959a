"""The figures of one case by contender and round, taken from the samples."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from attrs import field, frozen

from pipeline_optimization.benchmarks.results import Execution, Sample
from pipeline_optimization.benchmarks.statistics.intervals import ratio_interval
from pipeline_optimization.benchmarks.summary_row import Interval

__all__ = ["CaseSeries", "correct_warm"]


def correct_warm(samples: Sequence[Sample]) -> list[Execution]:
    return [execution for sample in samples for execution in sample.warm if execution.is_correct]


@frozen
class CaseSeries:
    """The samples of a case under a profile, by contender."""

    samples: Sequence[Sample] = field(repr=False)

    def of(self, contender: str, *kinds: str) -> list[Sample]:
        """Return a contender's samples of some kinds, in the order of their rounds."""
        found = [s for s in self.samples if s.contender == contender and (not kinds or s.kind in kinds)]
        return sorted(found, key=lambda sample: sample.round)

    def times(self, contender: str) -> dict[int, float]:
        """Return, by round, the median time of a process's correct warm executions in milliseconds."""
        timed = {
            sample.round: [e.wall_ms for e in sample.warm if e.is_correct] for sample in self.of(contender, "timed")
        }
        return {round_: median(times) for round_, times in timed.items() if times}

    def ratio(self, contender: str, reference: str) -> tuple[float, Interval | None] | None:
        """Return the median ratio of times, paired by round, with its interval, or None without a common round."""
        mine, theirs = self.times(contender), self.times(reference)
        shared = [round_ for round_ in mine if round_ in theirs]
        return ratio_interval([mine[r] for r in shared], [theirs[r] for r in shared]) if shared else None

    def throughputs(self, contender: str) -> dict[int, float]:
        """Return, by round, the words of correct warm executions per second of all warm ones."""
        found = {}
        for sample in self.of(contender, "timed"):
            seconds = sum(execution.wall_ms for execution in sample.warm) / 1000.0
            words = sum(execution.words for execution in sample.warm if execution.is_correct)
            if seconds > 0 and words:
                found[sample.round] = words / seconds
        return found

    def cpu_percents(self, contender: str) -> dict[int, float]:
        """Return, by round, the process tree's CPU time in per cent of the wall time of the warm executions."""
        return {
            sample.round: 100.0 * sample.cpu_s / sample.cpu_wall_s
            for sample in self.of(contender, "timed")
            if sample.cpu_s is not None and sample.cpu_wall_s
        }

    def phase(self, contender: str, name: str) -> float | None:
        """Return the median time of a phase in milliseconds: import, setup, cold or teardown."""
        timed = self.of(contender, "timed")
        if name == "cold":
            values = [e.wall_ms for sample in timed for e in sample.executions if e.kind == "cold"]
        else:
            found = [getattr(sample, f"{name}_ms") for sample in timed]
            values = [value for value in found if value is not None]
        return median(values) if values else None
