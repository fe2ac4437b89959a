"""The smaller tables of the report: failures by kind, fitted laws, tests against the best."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from pipeline_optimization.benchmarks.problems import PROBLEMS
from pipeline_optimization.benchmarks.reports import quantities
from pipeline_optimization.benchmarks.results import Results

__all__ = [
    "PlainTable",
    "case_table",
    "comparison_table",
    "contender_table",
    "failure_meanings",
    "failure_table",
    "law_table",
]


@frozen(kw_only=True)
class PlainTable:
    """A header and rows of text.

    Attributes:
        text_columns: How many of the first columns are words. The others are numbers.
        long_column: The column that has whole phrases.
        code_column: The column that has hashes.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    text_columns: int
    long_column: int | None = None
    code_column: int | None = None


def contender_table(results: Results) -> PlainTable:
    """Return the contenders, with the hashes of their sources."""
    return PlainTable(
        caption="The hash is that of the file, or of the plugin's modules",
        columns=["Name", "Kind", "Source", "Version", "SHA-256"],
        rows=[
            [c.name, c.kind, c.source, c.version or quantities.NOTHING, c.sha256 or quantities.NOTHING]
            for c in results.contenders
        ],
        text_columns=5,
        code_column=4,
    )


def case_table(results: Results) -> PlainTable:
    """Return the inputs and the faults that were simulated."""
    is_pipeline = results.run.pipeline is not None
    return PlainTable(
        caption="Input and simulated faults" if is_pipeline else "Texts and simulated faults",
        columns=[
            *("Case", "Profile", "Faults"),
            *(("Elements",) if is_pipeline else ("Words", "Different words")),
            "Latency scale",
        ],
        rows=[
            [
                case.case,
                case.profile,
                case.faults,
                quantities.number(case.words, 0),
                *(() if is_pipeline else (quantities.number(case.distinct_words, 0),)),
                f"{case.latency_scale:g}",
            ]
            for case in results.cases
        ],
        text_columns=3,
    )


def failure_table(results: Results) -> PlainTable | None:
    """Return how often each kind of failure occurred, or None if there was no failure."""
    kinds = sorted({kind for row in results.summary for kind, count in row.failures.items() if count})
    if not kinds:
        return None
    return PlainTable(
        caption="Executions and samples that did not simply succeed, by kind",
        columns=["Contender", "Profile", "Case", *(kind.replace("_", " ") for kind in kinds)],
        rows=[
            [row.contender, row.profile, row.case, *(_count(row.failures.get(kind, 0)) for kind in kinds)]
            for row in results.summary
        ],
        text_columns=3,
    )


def failure_meanings(results: Results) -> list[tuple[str, str]]:
    """Return the meanings of the failures in ``failure_table`` that are named problems."""
    kinds = sorted({kind for row in results.summary for kind, count in row.failures.items() if count})
    return [(kind.replace("_", " "), PROBLEMS[kind].meaning) for kind in kinds if kind in PROBLEMS]


def law_table(results: Results) -> PlainTable | None:
    """Return the parameters of the fitted laws, or why none fits. Return None if nothing was scanned."""
    if not results.scans:
        return None
    rows = []
    for scan in results.scans:
        fitted = [
            f"{name} = {value:.3g} {_ends(scan.intervals.get(name))}".rstrip()
            for name, value in scan.parameters.items()
        ]
        rows.append([scan.contender, scan.dimension, ", ".join(fitted) or f"not fitted: {scan.refusal}"])
    return PlainTable(
        caption="Fitted laws: t = a + b·nᶜ over words; the serial share of Amdahl's law over workers",
        columns=["Contender", "Over", "Parameters [95 %]"],
        rows=rows,
        text_columns=3,
        long_column=2,
    )


def comparison_table(results: Results) -> PlainTable | None:
    """Return the tests behind the marks, or None if there were none."""
    if not results.comparisons:
        return None
    return PlainTable(
        caption="Each contender against the one with the best median; p is Holm-corrected",
        columns=["Metric", "Profile", "Case", "Contender", "Against", "Verdict", "Time", "95 % interval", "p"],
        rows=[
            [
                c.metric.replace("_", " "),
                c.profile,
                c.case,
                c.contender,
                c.against,
                c.verdict,
                quantities.pace(c.ratio, c.interval),
                quantities.pace_interval(c.ratio, c.interval) or quantities.NOTHING,
                _p(c.p_adjusted),
            ]
            for c in results.comparisons
        ],
        text_columns=6,
    )


def _count(count: int) -> str:
    return quantities.number(count, 0) if count else quantities.NOTHING


def _ends(ends: tuple[float, float] | None) -> str:
    return f"[{ends[0]:.3g}–{ends[1]:.3g}]" if ends else ""


def _p(p: float | None) -> str:
    if p is None:
        return "not tested"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
