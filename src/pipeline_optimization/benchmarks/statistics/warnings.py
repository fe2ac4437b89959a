"""Warnings that a reader should know before believing the results, each with cause, number and remedy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean, median

from attrs import evolve
from scipy.stats import spearmanr

from pipeline_optimization.benchmarks.reports.quantities import number, percent
from pipeline_optimization.benchmarks.reports.quantities import times as times_of
from pipeline_optimization.benchmarks.results import CaseRecord, Results, Sample, Warning_
from pipeline_optimization.benchmarks.statistics.intervals import mad
from pipeline_optimization.benchmarks.statistics.series import CaseSeries
from pipeline_optimization.benchmarks.summary_row import SummaryRow
from pipeline_optimization.plural import counted

__all__ = ["find_warnings"]

LEAST_FOR_INTERVAL = 6
LEAST_DEVIATION = 0.10
MOST_STARTUP = 0.5
SHORTEST_TASK_S = 0.25
"""The shortest stage of the exercise in seconds, before the latency scale."""


def find_warnings(results: Results) -> list[Warning_]:
    """Return the warnings for which samples and rows give reason."""
    found = [*_of_machine(results)]
    for case in results.cases:
        where = f"{case.profile} · {case.case}"
        samples = results.samples_of(case.case, case.profile)
        rows = results.rows_of(case.case, case.profile)
        found += [*_of_case(case, where, samples, rows, _shortest_wait(results)), *_of_reference(results, where, rows)]
        series = CaseSeries(samples)
        found += _together(where, [(row.contender, warning) for row in rows for warning in _of_row(row, where, series)])
    return (
        found
        if results.run.pipeline is None
        else [evolve(one, text=one.text.replace("text", "input")) for one in found]
    )


def _together(where: str, of_rows: Sequence[tuple[str, Warning_]]) -> list[Warning_]:
    """Join the same warnings of several contenders: the worst one in full, the others by name."""
    by_code: dict[str, list[tuple[str, Warning_]]] = {}
    for name, warning in of_rows:
        by_code.setdefault(warning.code, []).append((name, warning))
    found = []
    for alike in by_code.values():
        name, worst = max(alike, key=lambda pair: abs(pair[1].value))
        others = [other for other, _ in alike if other != name]
        also = f" The same, to a lesser degree: {', '.join(others)}." if others else ""
        found.append(evolve(worst, where=f"{where} · {name}", text=worst.text + also))
    return found


def _of_machine(results: Results) -> Iterator[Warning_]:
    cores = int(results.machine.get("cpus_allowed", results.machine.get("cpu_count", "0")) or 0)
    if results.run.workers > cores > 0:
        yield _warning(
            "too_many_workers",
            "",
            results.run.workers,
            cores,
            f"{results.run.workers} workers on {counted(cores, 'core')} compete with each other if they compute; --workers {cores} avoids that.",
        )
    load = results.samples[0].load1 if results.samples else 0.0
    if cores and load > 0.25 * cores:
        yield _warning(
            "busy_machine",
            "",
            load,
            0.25 * cores,
            f"the machine was busy at the start (load {load:.1f} on {counted(cores, 'core')}); end other programs.",
        )
    governor = results.machine.get("cpu_governor", "performance")
    if governor != "performance":
        yield _warning("cpu_governor", "", 0, 0, f"the CPU governor is {governor!r}; set it to 'performance'.")
    if "cpu_quota" in results.machine:
        yield _warning("cpu_quota", "", 0, 0, f"a CPU quota is in force ({results.machine['cpu_quota']}); lift it.")


def _shortest_wait(results: Results) -> float:
    """Return the shortest simulated wait in seconds, before the latency scale."""
    pipeline = results.run.pipeline
    return SHORTEST_TASK_S if pipeline is None else pipeline.shortest_wait_s or 0.0


def _of_case(
    case: CaseRecord, where: str, samples: Sequence[Sample], rows: Sequence[SummaryRow], wait: float
) -> Iterator[Warning_]:
    shortest = wait * case.latency_scale * 1000.0
    if case.faults != "none" and 0 < shortest < 5.0:
        yield _warning(
            "short_latency",
            where,
            shortest,
            5.0,
            f"waits of {shortest:.2g} ms are mostly timers' error; raise --latency-scale.",
        )
    timed = [sample for sample in samples if sample.kind == "timed"]
    walls = sum(execution.wall_ms for sample in timed for execution in sample.executions) / 1000.0
    own = sum(sample.sampler_cpu_s for sample in timed)
    if walls and own > 0.01 * walls:
        yield _warning(
            "sampler_cost",
            where,
            own / walls,
            0.01,
            f"the harness itself used {percent(own / walls)} of a core; longer texts make it less.",
        )
    yield from _drift(where, timed)
    slow = [row.contender for row in rows if "timeout" in row.problems]
    if slow:
        yield _warning(
            "timeouts", where, len(slow), 0, f"{', '.join(slow)} ran out of time; raise --timeout to see more."
        )


def _of_reference(results: Results, where: str, rows: Sequence[SummaryRow]) -> Iterator[Warning_]:
    reference = results.run.reference
    if len(rows) > 1 and all(row.ratio is None for row in rows):
        is_due = results.run.is_interrupted and not any(row.contender == reference and row.problems for row in rows)
        reason = (
            f"{reference} was not measured before the interruption"
            if is_due
            else f"{reference} did not get through; name another --reference"
        )
        yield _warning("no_reference", where, 0, 0, f"no ratios, as {reason}.")


def _drift(where: str, timed: Sequence[Sample]) -> Iterator[Warning_]:
    ordered = sorted(timed, key=lambda sample: sample.started_s)
    third = len(ordered) // 3
    if third < 4:
        return
    first, last = (median(s.control_ms for s in part) for part in (ordered[:third], ordered[-third:]))
    if first > 0 and abs(last / first - 1) > 0.05:
        yield _warning(
            "drift",
            where,
            last / first - 1,
            0.05,
            f"the machine got {'slower' if last > first else 'faster'} by {percent(abs(last / first - 1), 0)}; run again when it is quiet.",
        )


def _of_row(row: SummaryRow, where: str, series: CaseSeries) -> Iterator[Warning_]:
    if row.median_ms is None or row.mad_ms is None or row.runtime_ms is None:
        return
    times = series.times(row.contender)
    paired = _against_the_rest(row.contender, series)
    noise = mad(paired) if len(paired) >= LEAST_FOR_INTERVAL else 0.0
    if noise > 0.05:
        yield _warning(
            "noisy",
            where,
            noise,
            0.05,
            f"times scatter by {percent(noise)} beyond texts and faults; run again on a quiet machine.",
        )
    # If a contender hardly scatters, being a few per cent off once makes no outlier.
    limit = max(3.5 * 1.4826 * noise, LEAST_DEVIATION)
    outliers = sum(1 for value in paired if abs(value - median(paired)) > limit) if noise > 0 else 0
    if outliers:
        yield _warning(
            "outliers",
            where,
            outliers,
            0,
            f"{outliers} of {counted(len(times), 'round')} {'is an outlier, which is' if outliers == 1 else 'are outliers, which are'} kept.",
        )
    if row.startup_ms is not None and row.startup_ms > MOST_STARTUP * row.median_ms:
        yield _warning(
            "mostly_startup",
            where,
            row.startup_ms / row.median_ms,
            MOST_STARTUP,
            f"{number(row.startup_ms, 0)} of {number(row.median_ms, 0)} ms are its workers' start; larger texts tell more.",
        )
    if len(times) >= LEAST_FOR_INTERVAL and abs(row.runtime_ms / row.median_ms - 1) > 0.10:
        yield _warning(
            "skewed",
            where,
            row.runtime_ms / row.median_ms - 1,
            0.10,
            f"mean and median differ by {percent(abs(row.runtime_ms / row.median_ms - 1))}; see --detailed.",
        )
    timed = series.of(row.contender, "timed")
    pairs = list(zip((s.started_s for s in timed if s.round in times), paired, strict=False))
    if len(pairs) >= 8 and len({value for _, value in pairs}) > 1:
        result = spearmanr([at for at, _ in pairs], [value for _, value in pairs])
        if float(result.pvalue) < 0.01:
            yield _warning(
                "trend",
                where,
                float(result.statistic),
                0.01,
                "times drift over the run against the others'; run again with another --seed.",
            )
    firsts = [s.warm[0].wall_ms / median([e.wall_ms for e in s.warm[1:]]) for s in timed if len(s.warm) > 2]
    if firsts and median(firsts) > 1.2:
        yield _warning(
            "cold_start",
            where,
            median(firsts),
            1.2,
            f"the first warm execution takes {times_of(median(firsts))} times as long as the next.",
        )


def _against_the_rest(contender: str, series: CaseSeries) -> list[float]:
    """Return, by round, by which share a time differs from what the other contenders' times in that round predict.

    Without others the list is empty: rounds have different texts and faults, so times alone tell nothing about noise.
    """
    mine = series.times(contender)
    names = {sample.contender for sample in series.samples if not sample.problems} - {contender}
    others = [series.times(name) for name in names]
    found = []
    for round_, value in mine.items():
        rest = [times[round_] for times in others if round_ in times]
        if rest:
            found.append(value / fmean(rest))
    middle = median(found) if found else 1.0
    return [value / middle - 1.0 for value in found]


def _warning(code: str, where: str, value: float, threshold: float, text: str) -> Warning_:
    return Warning_(code=code, where=where, value=round(float(value), 4), threshold=threshold, text=text)
