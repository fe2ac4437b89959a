"""The findings in words: which contender is best, by how much, and what this run cannot tell."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline_optimization.benchmarks.reports.quantities import decimals_for, number, pace, pace_ends, percent
from pipeline_optimization.benchmarks.results import CaseRecord, Results
from pipeline_optimization.benchmarks.statistics.ranking import rounds_needed
from pipeline_optimization.benchmarks.summary_row import Interval, SummaryRow

__all__ = ["between", "listed", "put_into_words", "remark_on", "too_few_rounds"]

WAITING_PERCENT = 20.0


def put_into_words(results: Results) -> list[str]:
    """Return a few sentences for each case and profile in which there is something to tell of all its contenders."""
    sentences = []
    for case in results.cases:
        rows = results.rows_of(case.case, case.profile)
        if rows and (found := _case(results, case, rows)):
            sentences.append(f"{case.profile} · {case.case}: {found}")
    return sentences


def too_few_rounds(results: Results) -> str:
    """Return, once for all cases, how many rounds would give verdicts, or an empty text if there were enough."""
    short: dict[int, int] = {}
    for case in results.cases:
        rows = results.rows_of(case.case, case.profile)
        rounds, ranked = max([case.rounds, *(row.rounds for row in rows)]), _ranked(rows)
        if ranked > 1 and rounds < rounds_needed(ranked):
            short[rounds] = max(short.get(rounds, 0), ranked)
    if not short:
        return ""
    most = max(short.values())
    needed = rounds_needed(most)
    had = "1 round is" if [*short] == [1] else f"{' or '.join(map(str, sorted(short)))} rounds are"
    return f"{had} too few for verdicts on all {most} contenders; {needed} would tell: --iterations {needed}."


def _ranked(rows: Sequence[SummaryRow]) -> int:
    return sum(1 for row in rows if not row.problems and row.runtime_ms is not None)


def _case(results: Results, case: CaseRecord, rows: Sequence[SummaryRow]) -> str:
    best = next((row for row in rows if row.verdict == "best"), None)
    tied = [row.contender for row in rows if row.verdict == "tied"]
    if best is None:
        if len(rows) == 1:
            return _single(rows[0], is_interrupted=results.run.is_interrupted)
        if results.run.is_interrupted and any(row.is_unmeasured for row in rows):
            return "no verdict: it was interrupted before all contenders were measured."
        return "" if _ranked(rows) > 1 else "no verdict: fewer than two contenders got through without a fault."
    against = _against(best, results.run.reference)
    if not tied:
        sentence = f"{best.contender} is the fastest{against and f', {against}'}."
    elif any(row.verdict == "slower" for row in rows):
        sentence = _ties(results, case, best, tied, against=against)
    else:
        all_of_them = listed([best.contender, *tied])
        sentence = f"no measurable difference between {all_of_them}. {_ties(results, case, best, tied)}"
    return " ".join(filter(None, [sentence, _limit(rows)]))


def remark_on(results: Results, case: CaseRecord, rows: Sequence[SummaryRow]) -> str:
    """Return what a table of the rows does not show: how close ties are, what limits all of them, or why none is ranked."""
    best = next((row for row in rows if row.verdict == "best"), None)
    if best is None:
        return _case(results, case, rows)
    tied = [row.contender for row in rows if row.verdict == "tied"]
    return " ".join(filter(None, [_ties(results, case, best, tied) if tied else "", _limit(rows)]))


def _single(row: SummaryRow, *, is_interrupted: bool) -> str:
    if is_interrupted and row.is_unmeasured:
        return f"{row.contender} was not measured before the interruption."
    if row.runtime_ms is None or row.median_ms is None:
        return f"{row.contender} did not get through."
    decimals = decimals_for([row.median_ms])
    rounds = "one round" if row.rounds == 1 else f"median of {row.rounds} rounds"
    sure = f", 95 % interval {' to '.join(number(end, decimals) for end in row.interval_ms)}" if row.interval_ms else ""
    return f"{row.contender} takes {number(row.median_ms, decimals)} ms ({rounds}{sure})."


def _against(best: SummaryRow, reference: str) -> str:
    if best.contender == reference or best.ratio is None:
        return ""
    return f"{pace(best.ratio, best.ratio_interval)} as {reference}{between(best.ratio, best.ratio_interval)}"


def between(ratio: float, interval: Interval | None) -> str:
    """Return the interval of a ratio of times in brackets, after a space, or an empty text if there is none."""
    return f" ({' to '.join(pace_ends(ratio, interval))})" if interval else ""


def _ties(results: Results, case: CaseRecord, best: SummaryRow, tied: Sequence[str], *, against: str = "") -> str:
    """Return, for each contender that is tied with the best, how large a difference there may still be."""
    found = []
    for one in results.comparisons:
        if (one.case, one.profile) == (case.case, case.profile) and one.contender in tied and one.interval:
            share = max(one.interval[1] - 1.0, 1.0 / one.interval[0] - 1.0)
            found.append(f"{one.contender} (within {percent(share)})")
    are = "are" if len(found) > 1 else "is"
    ties = f"; tied with it {are} {listed(found)}" if found else ""
    return f"{best.contender} has the best median{against and f', {against}'}{ties}."


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


def listed(names: Sequence[str]) -> str:
    """Return names as a list in a sentence."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
