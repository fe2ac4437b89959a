"""The gate, which checks whether anything is slower than it was in a baseline. Only certain differences count."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median
from typing import Literal

from attrs import evolve, frozen

from pipeline_optimization.benchmarks.results import Results
from pipeline_optimization.benchmarks.statistics.intervals import median_interval
from pipeline_optimization.benchmarks.statistics.ranking import LEAST_ROUNDS
from pipeline_optimization.benchmarks.statistics.series import CaseSeries
from pipeline_optimization.benchmarks.summary_row import Interval, SummaryRow

__all__ = ["GateRow", "comparability", "compare_with_baseline"]

SAME_MACHINE = ("cpu", "cpu_count", "cpus_allowed", "platform", "python", "gil")
LEVEL = 0.975
"""The level of each of the two intervals. So the quotient of their ends misses with a probability of at most 5 %."""

Outcome = Literal["regression", "inconclusive", "same", "improved", "not comparable"]


@frozen(kw_only=True)
class GateRow:
    """One contender's time now as a multiple of its time then. ``basis`` says what was compared."""

    contender: str
    case: str
    profile: str
    outcome: Outcome
    ratio: float | None = None
    interval: Interval | None = None
    basis: str = ""


def comparability(now: Results, before: Results) -> list[str]:
    """Return the reasons why two runs must not be compared."""
    reasons = [
        f"{name} was {before.machine.get(name, 'unknown')!r} and is {now.machine.get(name, 'unknown')!r}"
        for name in SAME_MACHINE
        if now.machine.get(name) != before.machine.get(name)
    ]
    if now.run.workers != before.run.workers:
        reasons.append(f"the workers were {before.run.workers} and are {now.run.workers}")
    if before.run.retry and now.run.retry != before.run.retry:
        reasons.append(f"the retry policy was {before.run.retry!r} and is {now.run.retry!r}")
    this, that = now.run.pipeline, before.run.pipeline
    if (this and this.name) != (that and that.name):
        names = [f"the pipeline {one.name!r}" if one else "counting anagrams" for one in (that, this)]
        reasons.append(f"the work was {names[0]} and is {names[1]}")
    elif this and that and this.digest != that.digest:
        reasons.append(f"the code, the options or the input of the pipeline {this.name!r} have changed")
    then = {(case.case, case.profile): (case.faults, case.latency_scale) for case in before.cases}
    for case in now.cases:
        old = then.get((case.case, case.profile), (case.faults, case.latency_scale))
        if old != (case.faults, case.latency_scale):
            reasons.append(f"{case.profile} · {case.case} had faults {old[0]!r} at latency scale {old[1]:g}")
    return reasons


def compare_with_baseline(now: Results, before: Results, *, threshold: float) -> list[GateRow]:
    """Compare every row with the row of the same name, case and profile in the baseline.

    If both runs have the reference, times are compared as multiples of its time in the same round. That removes most of what changed on the machine.
    Otherwise times are compared as they are. A time that is larger by more than the threshold (0.1 is 10 %) is a regression only if the interval's
    lower end is larger too.
    """
    found = []
    for row in now.summary:
        reference = now.run.reference
        is_relative = reference == before.run.reference and reference != row.contender
        present, basis = _logs(now, row, reference if is_relative else None)
        past, past_basis = _logs(before, row, reference if is_relative else None)
        if basis != past_basis:
            present, basis = _logs(now, row, None)
            past, _ = _logs(before, row, None)
        gate_row = GateRow(
            contender=row.contender, case=row.case, profile=row.profile, outcome="not comparable", basis=basis
        )
        if not row.problems and min(len(present), len(past)) >= LEAST_ROUNDS:
            ratio, interval = _quotient(present, past)
            outcome = _outcome(ratio, interval, threshold)
            gate_row = evolve(gate_row, outcome=outcome, ratio=ratio, interval=interval)
        found.append(gate_row)
    return found


def _logs(results: Results, row: SummaryRow, reference: str | None) -> tuple[Sequence[float], str]:
    """Return logarithms of the row's times by round, and what they are relative to."""
    series = CaseSeries(results.samples_of(row.case, row.profile))
    times = series.times(row.contender)
    references = {} if reference is None else series.times(reference)
    shared = [round_ for round_ in times if round_ in references]
    if len(shared) >= LEAST_ROUNDS:
        return [math.log(times[r] / references[r]) for r in shared], f"relative to {reference}"
    return [math.log(time) for time in times.values()], "milliseconds"


def _quotient(present: Sequence[float], past: Sequence[float]) -> tuple[float, Interval | None]:
    ratio = math.exp(median(present) - median(past))
    now, then = median_interval(present, level=LEVEL), median_interval(past, level=LEVEL)
    if now is None or then is None:
        return ratio, None
    return ratio, (math.exp(now[0] - then[1]), math.exp(now[1] - then[0]))


def _outcome(ratio: float, interval: Interval | None, threshold: float) -> Outcome:
    if interval is not None and interval[0] > 1 + threshold:
        return "regression"
    if ratio > 1 + threshold:
        return "inconclusive"
    return "improved" if interval is not None and interval[1] < 1 else "same"
