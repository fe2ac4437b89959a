"""The time of each timed sample, for all charts of raw values."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from attrs import frozen

from pipeline_optimization.benchmarks.results import Results, Sample

__all__ = ["SampleTime", "sample_times"]


@frozen(kw_only=True)
class SampleTime:
    """A timed sample and the median of its correct warm executions. ``is_counted`` is False if the sample has a problem."""

    sample: Sample
    milliseconds: float
    is_counted: bool


def sample_times(results: Results) -> list[SampleTime]:
    """Return the timed samples that have a time, in the order in which they ran."""
    return [
        SampleTime(
            sample=sample,
            milliseconds=median(times),
            is_counted=not sample.problems and all(execution.is_correct for execution in sample.warm),
        )
        for sample in sorted(results.samples, key=lambda sample: sample.started_s)
        if sample.kind == "timed" and (times := _times(sample))
    ]


def _times(sample: Sample) -> Sequence[float]:
    correct = [execution.wall_ms for execution in sample.warm if execution.is_correct]
    return correct or [execution.wall_ms for execution in sample.warm]
