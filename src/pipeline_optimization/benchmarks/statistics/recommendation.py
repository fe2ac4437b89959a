"""The recommendation: the installed orchestrator that this comparison supports, and how certain that is.

Only installed orchestrators are one family of tests; files are reported separately. Over several cases, a contender's value in a round is the
geometric mean of its times in that round of each case. So every case has the same weight, and rounds stay paired. If two cannot be told apart, the
simpler one is preferred.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, median
from typing import Literal

from attrs import frozen

from pipeline_optimization.benchmarks.advice import Advice, Recommendation
from pipeline_optimization.benchmarks.results import CaseRecord, Results
from pipeline_optimization.benchmarks.statistics.advice import why_of, words_on_files
from pipeline_optimization.benchmarks.statistics.intervals import ratio_interval
from pipeline_optimization.benchmarks.statistics.ranking import certainly_faster, rank
from pipeline_optimization.benchmarks.statistics.series import CaseSeries
from pipeline_optimization.benchmarks.statistics.wording import too_few_rounds
from pipeline_optimization.benchmarks.summary_row import SummaryRow

__all__ = ["recommend"]

Work = Literal["all", "waiting", "computing"]

SIMPLEST = "sequential"
CLASSES: Mapping[str, int] = {"best": 0, "tied": 0, "slower": 1}
"""The verdicts of a table from the best on. Contenders that are not ranked come last."""


@frozen(kw_only=True)
class _Choice:
    use: str
    certain: bool = False
    is_tested: bool = False
    is_simplest: bool = False
    tied: Sequence[str] = ()


def recommend(results: Results) -> Recommendation:
    """Return what to use overall, for waiting and for computing work, and in each case.

    Args:
        results: Results with their summary. The recommendation never contradicts its verdicts.
    """
    installed = [one.name for one in results.contenders if one.kind == "plugin"]
    if len(results.contenders) < 2 or not results.summary:
        return Recommendation()
    by_case = [_advise(results, installed, [case], "all") for case in results.cases]
    waiting = [case for case in results.cases if case.work == "waiting"]
    computing = [case for case in results.cases if case.work == "computing"]
    overall = _advise(results, installed, results.cases, "all")
    return Recommendation(
        use=overall.use,
        why=overall.why,
        certain=overall.certain,
        by_work=[_advise(results, installed, waiting, "waiting"), _advise(results, installed, computing, "computing")],
        by_case=by_case,
        files=words_on_files(results, by_case),
        caveat=too_few_rounds(results),
    )


def _advise(results: Results, installed: Sequence[str], cases: Sequence[CaseRecord], work: Work) -> Advice:
    """Return the advice on some cases. If there is none, ``why`` says so."""
    rows = {
        name: [row for case in cases for row in results.rows_of(case.case, case.profile) if row.contender == name]
        for name in installed
    }
    eligible = [
        name for name, found in rows.items() if cases and len(found) == len(cases) and all(map(_is_sound, found))
    ]
    values = _values(results, eligible, cases)
    is_cut = results.run.is_interrupted and any(
        len(found) < len(cases) or any(row.is_unmeasured for row in found) for found in rows.values()
    )
    only = cases[0] if len(cases) == 1 else None
    advice = Advice(work=work, case=only.case if only else "", profile=only.profile if only else "")
    if not values:
        return why_of(advice, cases=len(cases), installed=installed, is_tested=False, is_cut=is_cut)
    reference = next((name for name in (SIMPLEST, results.run.reference) if name in values), "")
    choice = _choose(results, values, _undominated(values, rows), reference)
    against = reference if reference not in {"", choice.use} else _next_best(values, choice.use)
    ratio, interval = ratio_interval(values[choice.use], values[against]) if against else (None, None)
    return why_of(
        Advice(
            work=work,
            case=advice.case,
            profile=advice.profile,
            use=choice.use,
            # Advice that is called certain must also have an interval that shows it.
            certain=choice.certain and (interval is None or interval[1] < 1.0),
            against=against,
            times_as_fast=1.0 / ratio if ratio else None,
            interval=(1.0 / interval[1], 1.0 / interval[0]) if interval else None,
            tied=choice.tied,
        ),
        cases=len(cases),
        installed=installed,
        is_tested=choice.is_tested,
        is_simplest=choice.is_simplest,
        reference=reference,
        is_cut=is_cut,
    )


def _is_sound(row: SummaryRow) -> bool:
    return not row.problems and row.runtime_ms is not None


def _values(results: Results, names: Sequence[str], cases: Sequence[CaseRecord]) -> dict[str, list[float]]:
    """Return, by contender, a time for each round that all of them have in all cases."""
    times = {
        name: [CaseSeries(results.samples_of(case.case, case.profile)).times(name) for case in cases] for name in names
    }
    rounds = [set(by_round) for series in times.values() for by_round in series]
    shared = sorted(set.intersection(*rounds)) if rounds else []
    if not shared:
        return {}
    return {
        name: [math.exp(fmean(math.log(by_round[round_]) for by_round in series)) for round_ in shared]
        for name, series in times.items()
    }


def _undominated(values: Mapping[str, Sequence[float]], rows: Mapping[str, Sequence[SummaryRow]]) -> list[str]:
    """Return the contenders that are in the best class of the family in the most cases. So no other one is better in every case."""
    classes = {name: [CLASSES.get(row.verdict, 2) for row in rows[name]] for name in values}
    tops = [min(column) for column in zip(*classes.values(), strict=True)]
    counts = {name: sum(one == top for one, top in zip(found, tops, strict=True)) for name, found in classes.items()}
    return [name for name, count in counts.items() if count == max(counts.values())]


def _choose(
    results: Results, values: Mapping[str, Sequence[float]], candidates: Sequence[str], reference: str
) -> _Choice:
    threshold = results.run.noise_threshold
    standings = rank(values, threshold=threshold)
    if not standings:
        return _Choice(use=_seen_best(values, candidates, reference))
    alike = [name for name in candidates if standings[name].verdict != "slower"]
    faster = certainly_faster(values, reference, threshold=threshold) if reference else set()
    if reference in alike:
        others = [name for name in values if name != reference and standings[name].verdict != "slower"]
        tied = [name for name in alike if name != reference]
        return _Choice(use=reference, certain=not others, is_tested=True, tied=tied)
    simple = sorted(alike or candidates, key=lambda name: _simplicity(results, name))
    use = next((name for name in simple if name in faster), simple[0])
    tied = [name for name in alike if name != use]
    certain = use in faster if reference else alike == [use]
    return _Choice(use=use, certain=certain, is_tested=True, is_simplest=use == simple[0], tied=tied)


def _seen_best(values: Mapping[str, Sequence[float]], candidates: Sequence[str], reference: str) -> str:
    """Return the contender with the shortest times, by the median of ratios paired by round, as tables show.

    The reference is not left for one that was as fast or slower. With a mean that would happen: one slow round of the reference makes all others look
    faster.
    """
    against = values[reference or candidates[0]]
    ratios = {name: ratio_interval(values[name], against)[0] for name in candidates}
    return min(ratios, key=lambda name: (ratios[name], name != reference, name))


def _next_best(values: Mapping[str, Sequence[float]], use: str) -> str:
    return min((name for name in values if name != use), key=lambda name: (median(values[name]), name), default="")


def _simplicity(results: Results, name: str) -> tuple[int, float, str]:
    """Return a key by which simpler contenders come first: fewer processes, then less memory."""
    samples = [sample for sample in results.samples if sample.contender == name]
    peaks = [sample.memory_peak_mib for sample in samples if sample.memory_peak_mib is not None]
    return max((sample.processes for sample in samples), default=0), median(peaks) if peaks else 0.0, name
