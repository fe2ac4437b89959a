"""The findings in words: who is best, by how much, and what this run cannot tell."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline_optimization.benchmarks.records import CaseRecord, Results, SummaryRow
from pipeline_optimization.benchmarks.statistics.intervals import geometric_mean
from pipeline_optimization.benchmarks.statistics.ranking import rounds_needed
from pipeline_optimization.benchmarks.statistics.resolution import resolution

__all__ = ["put_into_words"]

WAITING_PERCENT = 20.0


def put_into_words(results: Results) -> list[str]:
    """Return a few sentences for each case and profile, and one over all cases where there are several."""
    sentences = []
    for case in results.cases:
        rows = results.rows_of(case.case, case.profile)
        if rows:
            sentences.append(f"{case.profile} · {case.case}: {_case(case, rows, results.run.reference)}")
    overall = _overall(results)
    return [*sentences, overall] if overall else sentences


def _case(case: CaseRecord, rows: Sequence[SummaryRow], reference: str) -> str:
    best = [row for row in rows if row.verdict == "best"]
    tied = [row.contender for row in rows if row.verdict == "tied"]
    slower = [row for row in rows if row.verdict == "slower"]
    if not best:
        if len(rows) == 1:
            return _single(rows[0])
        contenders = sum(1 for row in rows if not row.problems)
        needed = rounds_needed(contenders)
        if case.rounds < needed:
            rounds = "1 round is" if case.rounds == 1 else f"{case.rounds} rounds are"
            return f"no verdict, because {rounds} too few for {contenders} contenders (it takes {needed})."
        return "no verdict, because fewer than two contenders got through without a fault."
    if tied and not slower:
        sentence = f"no measurable difference between {_listed([best[0].contender, *tied])}."
    elif tied:
        sentence = f"{best[0].contender} has the best median, and cannot be told from {_listed(tied)}."
    else:
        sentence = f"{best[0].contender} is the fastest."
    return " ".join(
        filter(None, [sentence, _against(best[0], reference), _limit(rows), _what_can_be_told(rows, reference)])
    )


def _single(row: SummaryRow) -> str:
    if row.runtime_ms is None:
        return f"{row.contender} did not get through."
    rounds = "one round" if row.rounds == 1 else f"median of {row.rounds} rounds"
    text = f"{row.contender} takes {row.median_ms:.4g} ms ({rounds}"
    return text + (
        f", 95 % of it in {row.interval_ms[0]:.4g} to {row.interval_ms[1]:.4g})." if row.interval_ms else ")."
    )


def _against(best: SummaryRow, reference: str) -> str:
    if best.contender == reference or best.ratio is None:
        return ""
    interval = best.ratio_interval
    sure = f" ({interval[0]:.3g} to {interval[1]:.3g} with 95 % confidence)" if interval else ""
    return f"{best.contender} takes {best.ratio:.3g} times as long as {reference}{sure}."


def _limit(rows: Sequence[SummaryRow]) -> str:
    known = [row for row in rows if row.cpu_percent is not None and row.verdict in {"best", "tied", "slower"}]
    if known and all((row.cpu_percent or 0.0) < WAITING_PERCENT for row in known):
        return f"All of them mostly wait: they use less than {WAITING_PERCENT:.0f} % of one core."
    threads = next((row for row in known if row.contender == "threaded"), None)
    alone = next((row for row in known if row.contender == "sequential"), None)
    if threads and alone and threads.median_ms and alone.median_ms:
        is_busy = 85.0 < (threads.cpu_percent or 0.0) < 115.0
        if is_busy and threads.median_ms > 0.9 * alone.median_ms:
            return "Threads keep one core busy and are no faster than one: the GIL is the limit."
    return ""


def _what_can_be_told(rows: Sequence[SummaryRow], reference: str) -> str:
    found = resolution(rows, reference)
    return "" if found is None else f"This run can tell apart differences of about ±{found:.1%}."


def _overall(results: Results) -> str:
    """Compare over all cases those who completed every one, by geometric means of the ratios to the reference."""
    if len(results.cases) < 2:
        return ""
    means = {}
    for contender in results.contenders:
        rows = [row for row in results.summary if row.contender == contender.name]
        ratios = [row.ratio for row in rows if row.ratio is not None and not row.problems]
        if len(ratios) == len(results.cases):
            means[contender.name] = geometric_mean(ratios)
    if len(means) < 2:
        return ""
    listed = ", ".join(f"{name} {mean:.3g}" for name, mean in sorted(means.items(), key=lambda item: item[1]))
    return (
        f"Over all {len(results.cases)} tables, geometric mean of the times as multiples of {results.run.reference}'s: {listed}. "
        "Such a mean hides that the order differs from case to case."
    )


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
