"""Made-up results with everything that a report can show: summaries, faults, warnings, scans, hostile names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from math import sin
from statistics import median

from attrs import evolve

from example_results import results, sample
from pipeline_optimization.benchmarks.advice import Advice, Recommendation
from pipeline_optimization.benchmarks.results import (
    CaseRecord,
    Comparison,
    ContenderRecord,
    Point,
    Results,
    Sample,
    Warning_,
)
from pipeline_optimization.benchmarks.scan import Scan, ScanPoint
from pipeline_optimization.benchmarks.statistics.recommendation import recommend
from pipeline_optimization.benchmarks.summary_row import Interval, Mark, SummaryRow, Verdict

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><!--<script>",
    '"><img src=x onerror=alert(2)>',
    "<div onmouseover=alert(3) ",
    "left\u202eright",
    "=cmd|' /C calc'!A0",
    "two\nlines | `code` *bold* [link](http://example.com) {{ 7*7 }}",
)
"""Names of contenders that are active somewhere."""

TIMES = {"sequential": 883.0, "threaded": 214.0, "asyncio": 212.0, "multiprocess": 301.0, "hasty": 150.0}


@cache
def full_results() -> Results:
    """Return a finished comparison: five contenders and two that failed, three tables, scans, and two warnings."""
    made = results(TIMES)
    parts = [("medium", "mixed", 1.0), ("medium", "latency", 0.7), ("large", "cpu", 3.1)]
    samples = [
        _in_part(one, case, profile, scale, 100.0 * index, made.run.duration_s)
        for index, (case, profile, scale) in enumerate(parts)
        for one in made.samples
    ]
    samples += [
        sample("broken", 1, 100.0, case=case, profile=profile, exit_="SIGSEGV", problems={"crashed": "signal 11"})
        for case, profile, _ in parts
    ]
    names = [*TIMES, "broken"]
    done = evolve(
        made,
        run=evolve(
            made.run,
            rounds=12,
            command="anagram compare --compare-dir benchmark_orchestrators --case medium --case large --seed 4711 "
            "--export report.html",
            duration_s=300.0,
            iterations_asked=12,
        ),
        contenders=[
            ContenderRecord(
                name=name,
                kind="file" if name in {"hasty", "broken"} else "plugin",
                source=f"benchmark_orchestrators/{name}.py"
                if name in {"hasty", "broken"}
                else f"anagram-plugin-{name}",
                sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                version="0.1.0",
            )
            for name in names
        ],
        cases=[
            CaseRecord(
                case=case,
                profile=profile,
                words=100 if case == "medium" else 1000,
                distinct_words=80,
                faults="none" if profile == "cpu" else "exercise",
                latency_scale=0.0 if profile == "cpu" else 0.05,
                expected_digests={"1": "ab12"},
            )
            for case, profile, _ in parts
        ],
        samples=samples,
        summary=[row for case, profile, scale in parts for row in _summary(samples, case, profile, scale)],
        comparisons=[
            _comparison("runtime_ms", "threaded", 1.01, (0.99, 1.03), 0.39, "tied"),
            _comparison("runtime_ms", "multiprocess", 1.42, (1.37, 1.47), 0.0005, "slower"),
        ],
        warnings=[
            Warning_(
                code="noisy",
                where="multiprocess, mixed · medium",
                value=0.061,
                threshold=0.05,
                text="Times vary by 6.1 % (MAD ÷ median; more than 5 %). Close what else runs, or take more rounds.",
            ),
            Warning_(
                code="busy",
                where="",
                value=0.7,
                threshold=0.5,
                text="The load was 0.7 at the start, more than a quarter of the 2 cores. Wait until the machine is idle.",
            ),
        ],
        scans=_scans(),
        verdicts=[
            "asyncio and threaded are tied best in mixed · medium: 4.2 times as fast as sequential.",
            "hasty gave wrong answers and is not ranked; broken crashed.",
        ],
        machine={
            **made.machine,
            "memory": "8 GiB",
            "governor": "performance",
            "packages": "pipeline-optimization 0.1.0",
        },
    )
    return evolve(done, recommendation=recommend(done))


@cache
def hostile_results() -> Results:
    """Return results whose contenders, texts and machine try to be more than text."""
    made = results(dict.fromkeys(HOSTILE, 100.0) | {HOSTILE[0]: 80.0})
    rows = [
        evolve(row, problems=["wrong_counts"], reasons=[f"{HOSTILE[0]} {HOSTILE[2]}"], failures={HOSTILE[2]: 1})
        for row in _rows(made.samples, "small", "mixed", HOSTILE[-1])
    ]
    return evolve(
        made,
        recommendation=Recommendation(
            use=HOSTILE[0],
            why=HOSTILE[1],
            by_work=[Advice(work="waiting", use=HOSTILE[2], why=HOSTILE[3]), Advice(work="computing", why=HOSTILE[4])],
            by_case=[
                Advice(work="all", case="small", profile="mixed", use=HOSTILE[0], why=HOSTILE[0], against=HOSTILE[2])
            ],
            files=HOSTILE[5],
            caveat=HOSTILE[6],
        ),
        summary=rows,
        run=evolve(made.run, command=" ".join(HOSTILE), reference=HOSTILE[-1]),
        verdicts=list(HOSTILE),
        machine=dict.fromkeys(HOSTILE, HOSTILE[0]) | {"cpu": HOSTILE[2]},
        warnings=[Warning_(code=name, where=name, value=1.0, threshold=1.0, text=name) for name in HOSTILE],
        scans=[evolve(scan, contender=HOSTILE[i], refusal=HOSTILE[i]) for i, scan in enumerate(_scans())],
        methods={HOSTILE[0]: HOSTILE[2]},
    )


def _comparison(
    metric: str, contender: str, ratio: float, interval: Interval, p: float | None, verdict: str
) -> Comparison:
    return Comparison(
        metric=metric,
        case="medium",
        profile="mixed",
        contender=contender,
        against="asyncio",
        ratio=ratio,
        interval=interval,
        p_adjusted=p,
        verdict=verdict,
    )


def _in_part(one: Sample, case: str, profile: str, scale: float, shift_s: float, length_s: float) -> Sample:
    moment = one.started_s / length_s * 90.0 + shift_s + (60.0 if one.kind == "memory" and one.round == 3 else 0.0)
    shape = 1 + 0.13 * [*TIMES].index(one.contender)
    return evolve(
        one,
        case=case,
        profile=profile,
        started_s=moment,
        executions=[evolve(e, wall_ms=e.wall_ms * scale, is_correct=one.contender != "hasty") for e in one.executions],
        problems=one.problems,
        control_ms=10.0 + sin(moment / 30.0) * 0.3,
        memory_series=_curve([(0.05 * i, 20 + 30 * shape * (1 - 0.9**i)) for i in range(30)])
        if one.memory_series
        else (),
        cpu_series=_curve([(0.1 * i, 40 * shape + 20 * sin(i * shape)) for i in range(14)]),
    )


def _curve(points: Sequence[Point]) -> Sequence[Point]:
    return [(round(x, 3), round(y, 3)) for x, y in points]


def _rows(samples: Sequence[Sample], case: str, profile: str, reference: str) -> list[SummaryRow]:
    times: dict[str, list[float]] = {}
    for one in samples:
        if one.kind == "timed" and (one.case, one.profile) == (case, profile) and one.executions:
            times.setdefault(one.contender, []).append(median(e.wall_ms for e in one.warm))
    medians = {name: median(found) for name, found in times.items()}
    best = min(medians.values())
    rows = []
    for index, (name, found) in enumerate(sorted(times.items(), key=lambda item: medians[item[0]])):
        middle, ordered = medians[name], sorted(found)
        factor = middle / medians[reference]
        verdict: Verdict = "best" if middle == best else "tied" if middle < best * 1.05 else "slower"
        mark: dict[str, Mark] = {}
        if verdict in {"best", "tied"}:
            mark = dict.fromkeys(("runtime_ms", "words_per_second"), "best" if middle == best else "tied")
        rows.append(
            SummaryRow(
                contender=name,
                case=case,
                profile=profile,
                success_rate=0.96,
                expected_success_rate=0.96,
                runtime_ms=sum(found) / len(found),
                words_per_second=10_000_000 / middle,
                memory_peak_mib=38.9 + 11.7 * index,
                memory_growth_mib=-0.04 + 0.3 * index,
                cpu_percent=12.0 + 21 * index,
                verdict=verdict,
                rounds=12,
                executions=36,
                median_ms=middle,
                interval_ms=(ordered[2], ordered[9]),
                min_ms=ordered[0],
                max_ms=ordered[-1],
                mad_ms=middle * 0.01,
                ratio=factor,
                ratio_interval=(factor * 0.97, factor * 1.032) if name != reference else None,
                floor_ms=80.0,
                overlap_efficiency=min(1.0, 80 / middle),
                import_ms=120.0 + 30 * index,
                setup_ms=5.0 + 40 * (index % 2),
                cold_ms=middle * 1.2,
                teardown_ms=2.0,
                cpu_s_per_1000_words=0.11,
                memory_upper_mib=45.0 + 12 * index,
                leak_mib_per_run=0.01,
                processes=1 + 2 * (name == "multiprocess"),
                task_ms_quantiles={"p50": 8.1, "p95": 21.0, "p99": 24.4, "max": 60.2},
                failures={"recovered": 24 + index},
                marks=mark | ({"memory_peak_mib": "best", "success_rate": "tied"} if index == 0 else {}),
            )
        )
    return rows


def _summary(samples: Sequence[Sample], case: str, profile: str, scale: float) -> list[SummaryRow]:
    honest = [one for one in samples if one.contender != "hasty"]
    wrong = _rows(samples, case, profile, "sequential")[0]
    nothing: Mapping[str, Mark] = {}
    return [
        *_rows(honest, case, profile, "sequential"),
        evolve(
            wrong,
            success_rate=0.0,
            runtime_ms=None,
            words_per_second=None,
            ratio=None,
            ratio_interval=None,
            interval_ms=None,
            verdict="wrong",
            problems=["dropped_words"],
            reasons=["Round 1: 'act' is 3, should be 4."],
            failures={"wrong_output": 36},
            marks=nothing,
        ),
        SummaryRow(
            contender="broken",
            case=case,
            profile=profile,
            success_rate=None,
            expected_success_rate=0.96,
            runtime_ms=None,
            words_per_second=None,
            memory_peak_mib=None,
            memory_growth_mib=None,
            cpu_percent=None,
            verdict="failed",
            problems=["crashed"],
            failures={"crashed": 1},
        ),
    ]


def _scans() -> list[Scan]:
    laws = {"sequential": (20.0, 0.9, 1.0), "threaded": (25.0, 0.21, 1.02), "asyncio": (12.0, 0.2, 1.0)}
    sizes = [
        Scan(
            dimension="words",
            contender=name,
            points=[_point(n, a + b * n**c) for n in (100.0, 300.0, 1000.0, 3000.0, 10000.0)],
            parameters={"a": a, "b": b, "c": c},
            intervals={"a": (a * 0.8, a * 1.2), "b": (b * 0.9, b * 1.1), "c": (c - 0.03, c + 0.03)},
        )
        for name, (a, b, c) in laws.items()
    ]
    workers = [
        Scan(
            dimension="workers",
            contender=name,
            points=[_point(n, 900 * (serial + (1 - serial) / n)) for n in (1.0, 2.0, 4.0, 8.0)],
            parameters={"serial": serial} if name == "threaded" else {},
            intervals={"serial": (serial * 0.8, serial * 1.3)} if name == "threaded" else {},
            refusal="" if name == "threaded" else "four points are fewer than the five that a fit takes",
        )
        for name, serial in {"threaded": 0.08, "multiprocess": 0.3}.items()
    ]
    return [*sizes, *workers]


def _point(x: float, milliseconds: float) -> ScanPoint:
    return ScanPoint(x=x, median_ms=milliseconds, interval_ms=(milliseconds * 0.93, milliseconds * 1.06))
