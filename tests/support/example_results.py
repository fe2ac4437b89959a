"""Made-up results for tests of statistics and reports: seeded, so that each call gives the same."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from pipeline_optimization.benchmarks.results import (
    CaseRecord,
    ContenderRecord,
    Execution,
    Problem,
    Results,
    RunRecord,
    Sample,
    SampleKind,
)

MACHINE = {"cpu": "Example CPU", "cpu_count": "2", "python": "3.11.7", "platform": "Linux"}


def sample(
    contender: str,
    round_: int,
    milliseconds: float,
    *,
    kind: SampleKind = "timed",
    problems: Mapping[str, str] | None = None,
    is_correct: bool = True,
    case: str = "small",
    profile: str = "mixed",
    order_index: int = 0,
    words: int = 22,
    memory_mib: float = 40.0,
    floor_ms: float = 80.0,
    exit_: str = "0",
) -> Sample:
    """Return a sample of one cold and two warm executions around a run time."""
    times = [("cold", milliseconds * 1.2), ("warm", milliseconds), ("warm", milliseconds * 1.001)]
    executions = [
        Execution(
            kind="cold" if name == "cold" else "warm",
            wall_ms=time,
            is_correct=is_correct,
            words=words,
            predicted=True,
            floor_ms=floor_ms,
            calls=words + 3,
            recovered=2,
        )
        for name, time in times
    ]
    is_memory = kind == "memory"
    started = round_ * 4.0 + order_index
    return Sample(
        contender=contender,
        case=case,
        profile=profile,
        kind=kind,
        round=round_,
        order_index=order_index,
        started_s=started,
        import_ms=120.0,
        setup_ms=5.0,
        teardown_ms=2.0,
        executions=executions if exit_ == "0" else (),
        problems=[Problem(code=code, text=text) for code, text in (problems or {}).items()],
        exit=exit_,
        cpu_s=0.05,
        cpu_wall_s=milliseconds * 2.001 / 1000,
        cpu_method="process clocks",
        memory_peak_mib=memory_mib if is_memory else None,
        memory_growth_mib=0.2 if is_memory else None,
        memory_upper_mib=memory_mib + 3 if is_memory else None,
        memory_method="PSS" if is_memory else "",
        memory_series=[(0.1 * i, memory_mib * min(1.0, 0.5 + 0.1 * i)) for i in range(10)] if is_memory else (),
        cpu_series=[(0.1 * i, 20.0 + i) for i in range(10)],
        processes=1,
        threads=1,
        control_ms=10.0,
        load1=0.2,
        wall_s=1.0,
    )


def results(times: Mapping[str, float], *, rounds: int = 12, noise: float = 0.02, seed: int = 1) -> Results:
    """Return results of contenders that take about so many milliseconds, each round with its own common factor."""
    random = Random(seed)
    samples = []
    for round_ in range(1, rounds + 1):
        common = random.lognormvariate(0, 0.1)
        order = random.sample(sorted(times), len(times))
        for index, name in enumerate(order):
            value = times[name] * common * random.lognormvariate(0, noise)
            samples.append(sample(name, round_, value, order_index=index, floor_ms=min(times.values()) * common * 0.8))
    for round_ in range(1, 4):
        samples += [
            sample(name, round_, times[name], kind="memory", memory_mib=40.0 + 3 * i) for i, name in enumerate(times)
        ]
    return Results(
        run=RunRecord(
            id="example",
            started="2026-01-01T00:00:00+00:00",
            seed=4711,
            command="anagram compare --seed 4711",
            rounds=rounds,
            reference=next(iter(times)),
            noise_threshold=0.02,
            timeout_s=10.0,
            memory_limit_mib=2048.0,
            workers=2,
            duration_s=rounds * 4.0,
        ),
        machine=MACHINE,
        contenders=[ContenderRecord(name=name, kind="plugin", source=f"plugin-{name}") for name in times],
        cases=[
            CaseRecord(
                case="small",
                profile="mixed",
                words=22,
                distinct_words=20,
                faults="exercise",
                latency_scale=0.05,
                rounds=rounds,
                memory_rounds=3,
                warm_runs=2,
            )
        ],
        samples=samples,
        tool="pipeline-optimization 0.1.0",
    )
