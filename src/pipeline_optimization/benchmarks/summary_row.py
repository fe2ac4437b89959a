"""One row of a comparison's summary. Times are in milliseconds, and memory is in MiB."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from attrs import field, frozen

__all__ = ["Interval", "Mark", "SummaryRow", "Verdict"]

Verdict = Literal["best", "tied", "slower", "unranked", "wrong", "failed"]
Mark = Literal["best", "leading", "tied"]
"""``best``: certainly the best. ``leading``: the best that was seen. ``tied``: no measurable difference to the best."""
Interval = tuple[float, float]


@frozen(kw_only=True)
class SummaryRow:
    """One contender in one case and profile. A figure is None if there is nothing to say.

    Attributes:
        success_rate: The share of executions that were right.
        expected_success_rate: The share of executions that could succeed, given the drawn faults.
        runtime_ms: The mean over rounds of the median time of a process's correct warm executions.
        words_per_second: Words of correct warm executions by the time of all of them.
        memory_peak_mib: The highest sum of the process tree's memory that was seen, as the median over memory rounds.
        memory_growth_mib: By how much memory grew from before the first warm execution to after the last.
        cpu_percent: CPU time of the process tree by wall time. 100 is one busy core.
        verdict: How it compares with the best.
        problems: Codes of ``problems.PROBLEMS``.
        reasons: For each problem, how often it was seen, and its first occurrence.
        notes: Sentences on facts that do not change the verdict.
        rounds: The rounds with a time.
        executions: The correct warm executions.
        median_ms: The median over rounds of the same times as ``runtime_ms``.
        interval_ms: The exact 95 % interval of that median.
        min_ms: The shortest of these times.
        max_ms: The longest of these times.
        mad_ms: Their median absolute deviation.
        ratio: The median of its times divided by the reference's time in the same round.
        ratio_interval: The exact 95 % interval of that median.
        floor_ms: The shortest time that drawn latencies allow, on average.
        overlap_efficiency: The floor as a share of the time.
        import_ms: The median time of importing it.
        setup_ms: The median time of making it.
        cold_ms: The median time of the first execution of a process.
        startup_ms: The part of ``median_ms`` until its workers were ready, or None if it does not tell.
        teardown_ms: The median time of closing it.
        cpu_s_per_1000_words: CPU seconds of the process tree for 1000 words.
        memory_upper_mib: The sum of all processes' own highest memory.
        leak_mib_per_run: The growth of memory for each warm execution.
        processes: The most processes at one moment.
        task_ms_quantiles: Quantiles of the times of task calls.
        failures: How many executions and samples failed, by kind.
        marks: For each metric, whether its value is certainly the best, the best that was seen, or tied.
    """

    contender: str
    case: str
    profile: str
    success_rate: float | None = None
    expected_success_rate: float | None = None
    runtime_ms: float | None = None
    words_per_second: float | None = None
    memory_peak_mib: float | None = None
    memory_growth_mib: float | None = None
    cpu_percent: float | None = None
    verdict: Verdict
    problems: Sequence[str] = ()
    reasons: Sequence[str] = ()
    notes: Sequence[str] = ()
    rounds: int = 0
    executions: int = 0
    median_ms: float | None = None
    interval_ms: Interval | None = None
    min_ms: float | None = None
    max_ms: float | None = None
    mad_ms: float | None = None
    ratio: float | None = None
    ratio_interval: Interval | None = None
    floor_ms: float | None = None
    overlap_efficiency: float | None = None
    import_ms: float | None = None
    setup_ms: float | None = None
    cold_ms: float | None = None
    startup_ms: float | None = None
    teardown_ms: float | None = None
    cpu_s_per_1000_words: float | None = None
    memory_upper_mib: float | None = None
    leak_mib_per_run: float | None = None
    processes: int = 0
    task_ms_quantiles: Mapping[str, float] = field(factory=dict)
    failures: Mapping[str, int] = field(factory=dict)
    marks: Mapping[str, Mark] = field(factory=dict)

    @property
    def is_unmeasured(self) -> bool:
        """Return whether it has neither a time nor a fault, because an interruption came first."""
        return self.runtime_ms is None and not self.problems
