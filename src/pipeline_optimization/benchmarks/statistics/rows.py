"""One contender's row: its figures, its faults, and how often it failed in which way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import fmean, median

from attrs import evolve

from pipeline_optimization.benchmarks.problems import PROBLEMS, consequence_of
from pipeline_optimization.benchmarks.results import Problem, Sample
from pipeline_optimization.benchmarks.statistics.intervals import mad, median_interval
from pipeline_optimization.benchmarks.statistics.series import CaseSeries, correct_warm
from pipeline_optimization.benchmarks.summary_row import SummaryRow

__all__ = ["make_row"]


def make_row(series: CaseSeries, contender: str, case: str, profile: str, *, reference: str) -> SummaryRow:
    """Return a contender's figures. The verdict is final only if a fault decides it."""
    every = series.of(contender)
    codes = {problem.code for sample in every for problem in sample.problems}
    problems = [code for code in PROBLEMS if code in codes]
    row = SummaryRow(
        contender=contender,
        case=case,
        profile=profile,
        verdict=consequence_of(problems) or "unranked",
        problems=problems,
        reasons=[_reason(code, [p for sample in every for p in sample.problems]) for code in problems],
        notes=_notes([note for sample in every for note in sample.notes]),
        failures=_failures(every),
        processes=max((sample.processes for sample in every), default=0),
    )
    row = _with_success(row, series.of(contender, "timed", "memory"))
    return _with_times(_with_memory(row, series.of(contender, "memory")), series, reference)


def _with_times(row: SummaryRow, series: CaseSeries, reference: str) -> SummaryRow:
    name = row.contender
    times = series.times(name)
    if not times:
        return row
    timed = series.of(name, "timed")
    values = list(times.values())
    executions = correct_warm(timed)
    seconds = sum(execution.wall_ms for sample in timed for execution in sample.warm) / 1000.0
    words = sum(execution.words for execution in executions)
    cpu = [(s.cpu_s, s.cpu_wall_s) for s in timed if s.cpu_s is not None and s.cpu_wall_s]
    cpu_seconds = sum(used for used, _ in cpu)
    floored = [execution for execution in executions if execution.floor_ms > 0]
    floor = sum(execution.floor_ms for execution in floored)
    startups = [execution.startup_ms for execution in executions if execution.startup_ms is not None]
    ratio, interval = series.ratio(name, reference) or (None, None)
    quantiles = {q: [s.task_ms_quantiles[q] for s in timed if q in s.task_ms_quantiles] for q in _QUANTILES}
    return evolve(
        row,
        rounds=len(times),
        executions=len(executions),
        runtime_ms=fmean(values),
        median_ms=median(values),
        interval_ms=median_interval(values),
        min_ms=min(values),
        max_ms=max(values),
        mad_ms=mad(values),
        words_per_second=words / seconds if seconds else None,
        cpu_percent=100.0 * cpu_seconds / sum(wall for _, wall in cpu) if cpu else None,
        cpu_s_per_1000_words=1000.0 * cpu_seconds / words if cpu and words else None,
        floor_ms=floor / len(floored) if floored else None,
        overlap_efficiency=floor / sum(execution.wall_ms for execution in floored) if floored else None,
        ratio=ratio,
        ratio_interval=interval,
        import_ms=series.phase(name, "import"),
        setup_ms=series.phase(name, "setup"),
        cold_ms=series.phase(name, "cold"),
        startup_ms=median(startups) if startups else None,
        teardown_ms=series.phase(name, "teardown"),
        task_ms_quantiles={q: median(found) for q, found in quantiles.items() if found},
    )


_QUANTILES = ("p50", "p95", "p99", "max")


def _with_success(row: SummaryRow, samples: Sequence[Sample]) -> SummaryRow:
    """Add the share of executions that were right, and of those that could succeed, given the draws.

    An execution without an answer, because its process broke off, counts as one that was due and failed.
    """
    executions = [execution for sample in samples for execution in sample.executions]
    missing = sum(1 for sample in samples if not sample.executions or sample.exit != "0")
    due = len(executions) + missing
    if not due:
        return row
    right = sum(execution.is_correct for execution in executions)
    expected = sum(execution.predicted is not False for execution in executions) + missing
    return evolve(row, success_rate=right / due, expected_success_rate=expected / due)


def _with_memory(row: SummaryRow, samples: Sequence[Sample]) -> SummaryRow:
    peaks = [s.memory_peak_mib for s in samples if s.memory_peak_mib is not None and s.exit == "0"]
    growths = [s.memory_growth_mib for s in samples if s.memory_growth_mib is not None]
    uppers = [s.memory_upper_mib for s in samples if s.memory_upper_mib is not None]
    runs = max((len(sample.warm) for sample in samples), default=0)
    growth = median(growths) if growths else None
    return evolve(
        row,
        memory_peak_mib=median(peaks) if peaks else None,
        memory_growth_mib=growth,
        memory_upper_mib=median(uppers) if uppers else None,
        leak_mib_per_run=growth / runs if growth is not None and runs else None,
    )


def _failures(samples: Sequence[Sample]) -> dict[str, int]:
    """Return how often each kind of failure occurred. ``recovered`` counts items that succeeded after a failure."""
    found: Counter[str] = Counter()
    for sample in samples:
        for execution in sample.executions:
            found["recovered"] += execution.recovered
            found["exhausted"] += execution.exhausted
            if execution.error and execution.predicted is not False:
                found[f"exception:{execution.error}"] += 1
        for problem in sample.problems:
            consequence = PROBLEMS[problem.code].consequence
            if consequence == "wrong":
                found["wrong_output"] += 1
            elif problem.code == "crashed":
                found[f"crash:{sample.exit}"] += 1
            elif problem.code == "exited":
                found[f"exit:{sample.exit}"] += 1
            elif consequence == "failed" and problem.code != "exception":
                found[problem.code] += 1
    return {kind: count for kind, count in found.items() if count}


def _notes(notes: Sequence[Problem]) -> list[str]:
    codes = dict.fromkeys(note.code for note in notes if note.code in PROBLEMS)
    return [f"{PROBLEMS[code].meaning} {_reason(code, notes)}" for code in codes]


def _reason(code: str, problems: Sequence[Problem]) -> str:
    texts = [problem.text for problem in problems if problem.code == code]
    times = "once" if len(texts) == 1 else f"{len(texts)} times"
    return f"Seen {times}. {texts[0]}".strip()
