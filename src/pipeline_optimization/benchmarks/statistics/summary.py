"""From samples to rows, verdicts and comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import evolve

from pipeline_optimization.benchmarks.reports.quantities import percent
from pipeline_optimization.benchmarks.results import Comparison, Results
from pipeline_optimization.benchmarks.statistics.metrics import DIRECTIONS
from pipeline_optimization.benchmarks.statistics.ranking import Standing, rank
from pipeline_optimization.benchmarks.statistics.recommendation import recommend
from pipeline_optimization.benchmarks.statistics.rows import make_row
from pipeline_optimization.benchmarks.statistics.scans import find_scans
from pipeline_optimization.benchmarks.statistics.series import CaseSeries
from pipeline_optimization.benchmarks.statistics.warnings import find_warnings
from pipeline_optimization.benchmarks.statistics.wording import put_into_words
from pipeline_optimization.benchmarks.summary_row import Mark, SummaryRow

__all__ = ["summarise"]


def summarise(results: Results) -> Results:
    """Return the results with recommendation, summary, comparisons, warnings and verdicts, made anew from their samples."""
    summary: list[SummaryRow] = []
    comparisons: list[Comparison] = []
    for case in results.cases:
        series = CaseSeries(results.samples_of(case.case, case.profile))
        names = [c.name for c in results.contenders if series.of(c.name)]
        rows = [make_row(series, name, case.case, case.profile, reference=results.run.reference) for name in names]
        rows = [_gated(row, rows) for row in rows]
        ranked = [row.contender for row in rows if _is_rankable(row)]
        standings = _standings(series, ranked, threshold=results.run.noise_threshold)
        rows = [_with_verdict(row, standings.get("runtime_ms", {})) for row in rows]
        marks = _marks(rows, ranked, standings)
        summary += [evolve(row, marks=marks.get(row.contender, {})) for row in rows]
        comparisons += _comparisons(series, case.case, case.profile, standings)
    done = evolve(results, summary=summary, comparisons=comparisons, scans=find_scans(results))
    return evolve(done, recommendation=recommend(done), warnings=find_warnings(done), verdicts=put_into_words(done))


def _is_rankable(row: SummaryRow) -> bool:
    return not row.problems and row.runtime_ms is not None


def _gated(row: SummaryRow, rows: Sequence[SummaryRow]) -> SummaryRow:
    """Let success come first: a contender that succeeds less often than others is not ranked by time."""
    best = max((other.success_rate or 0.0 for other in rows if not other.problems), default=0.0)
    if row.problems or row.success_rate is None or row.success_rate >= best:
        return row
    reason = f"Its success rate is {percent(row.success_rate)}; others have {percent(best)}."
    return evolve(row, verdict="failed", problems=["exception"], reasons=[reason])


def _standings(series: CaseSeries, names: Sequence[str], *, threshold: float) -> dict[str, dict[str, Standing]]:
    """Rank the contenders by each metric that has a value for each round, over the rounds that all of them have."""
    found = {}
    for metric, get in (
        ("runtime_ms", series.times),
        ("words_per_second", series.throughputs),
        ("cpu_percent", series.cpu_percents),
    ):
        by_round = {name: get(name) for name in names}
        shared = sorted(set.intersection(*(set(values) for values in by_round.values()))) if by_round else []
        # 0.1 keeps the logarithm finite if a contender used no measurable CPU time.
        figures = {
            name: [
                1.0 / values[r]
                if DIRECTIONS[metric] == "higher"
                else max(values[r], 0.1 if metric == "cpu_percent" else 0.0)
                for r in shared
            ]
            for name, values in by_round.items()
        }
        found[metric] = rank(figures, threshold=threshold)
    return found


def _with_verdict(row: SummaryRow, standings: Mapping[str, Standing]) -> SummaryRow:
    standing = standings.get(row.contender)
    return row if standing is None else evolve(row, verdict=standing.verdict)


def _marks(
    rows: Sequence[SummaryRow], ranked: Sequence[str], standings: Mapping[str, Mapping[str, Standing]]
) -> dict[str, dict[str, Mark]]:
    """Mark the best value of each metric and those tied with it. If there is only one contender, mark nothing.

    Only a test can make the best certain, and only if none is tied with it. Success and memory have too few values for a test, so there the best that
    was seen is marked.
    """
    candidates = [row for row in rows if row.contender in ranked]
    marks: dict[str, dict[str, Mark]] = {row.contender: {} for row in candidates}
    for metric in DIRECTIONS if len(candidates) > 1 else ():
        _mark(marks, candidates, metric, standings.get(metric, {}))
    return marks


def _mark(
    marks: dict[str, dict[str, Mark]], rows: Sequence[SummaryRow], metric: str, standings: Mapping[str, Standing]
) -> None:
    sign = 1.0 if DIRECTIONS[metric] == "lower" else -1.0
    values = {row.contender: sign * getattr(row, metric) for row in rows if getattr(row, metric) is not None}
    alike = [name for name, standing in standings.items() if standing.verdict != "slower" and name in values]
    if len(alike) == 1:
        marks[alike[0]][metric] = "best"
        return
    group = alike or list(values)
    lowest = min((values[name] for name in group), default=0.0)
    for name in group:
        if values[name] == lowest:
            marks[name][metric] = "leading"
        elif alike:
            marks[name][metric] = "tied"


def _comparisons(
    series: CaseSeries, case: str, profile: str, standings: Mapping[str, Mapping[str, Standing]]
) -> list[Comparison]:
    found = []
    for name, standing in standings.get("runtime_ms", {}).items():
        compared = series.ratio(name, standing.best)
        assert compared is not None, "ranked contenders have rounds in common"
        ratio, interval = compared
        found.append(
            Comparison(
                metric="runtime_ms",
                case=case,
                profile=profile,
                contender=name,
                against=standing.best,
                ratio=ratio,
                interval=interval,
                p_adjusted=standing.p,
                verdict=standing.verdict,
            )
        )
    return found
