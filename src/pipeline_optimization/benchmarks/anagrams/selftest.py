"""The harness measures itself: how often it calls equals different, and whether it finds what is known to be there."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from attrs import evolve, frozen
from scipy.stats import binomtest

from pipeline_optimization.benchmarks.anagrams.cases import TextCase, benchmark_case
from pipeline_optimization.benchmarks.anagrams.known_contenders.asks_at_once import CALLS as AT_ONCE
from pipeline_optimization.benchmarks.anagrams.known_contenders.asks_one_by_one import CALLS as ONE_BY_ONE
from pipeline_optimization.benchmarks.anagrams.known_contenders.asks_one_by_one import SECONDS
from pipeline_optimization.benchmarks.anagrams.work import ANAGRAMS
from pipeline_optimization.benchmarks.comparing import Step
from pipeline_optimization.benchmarks.contenders import Contender, file_contender, plugin_contender
from pipeline_optimization.benchmarks.measuring.raw_samples import RawExecution, SampleOrder
from pipeline_optimization.benchmarks.measuring.sampling import take_sample
from pipeline_optimization.benchmarks.results import Results, Sample
from pipeline_optimization.benchmarks.secret_seeds import unguessable
from pipeline_optimization.benchmarks.session import compare
from pipeline_optimization.benchmarks.settings import DEFAULT_MEMORY_LIMIT, ComparisonSettings
from pipeline_optimization.benchmarks.summary_row import Interval, SummaryRow
from pipeline_optimization.engine.faults import FaultSettings
from pipeline_optimization.processors import processors
from pipeline_optimization.registry import Registry
from pipeline_optimization.tasks.find_anagrams_task import find_anagrams

__all__ = ["FalseDifferences", "Finding", "false_differences", "known_cheats", "known_contenders", "server_costs"]

KNOWN = Path(__file__).parent / "known_contenders"
CHEATS = {
    "answers_later": "wrong_counts",
    "calls_nothing": "skipped_stages",
    "goes_on_twice": "forked",
    "guesses_the_seed": "",
    "keeps_answers": "memorised_answer",
    "knows_the_texts": "memorised_answer",
    "sleeps_less": "",
    "writes_reports": "garbled_reports",
}
"""The known cheats, each with the fault that must be found. It is empty for a cheat that gains nothing and so does no harm.

A contender that replaces sleeps skips the delays before retries, if these are long enough to be checked. One that guesses the seed answers with nothing.
"""

COPIES = 3
ROUNDS = 12
SLOWER_TOLERANCE = 0.02
MEMORY_TOLERANCE_MIB = 8.0
CPU_TOLERANCE_S = 0.15
AMONG_MS = 0.1
"""Milliseconds that a call may cost if 10,000 wait at once. On a busy machine it may be twice as much."""

ALONE_MS = 1.0
"""Milliseconds that a call may cost in a process that does nothing else. Its caller and the harness must be woken, which takes longest if processors
are idle."""


@frozen(kw_only=True)
class Finding:
    """What was to be found, and what was found."""

    what: str
    expected: str
    found: str
    is_right: bool


@frozen(kw_only=True)
class FalseDifferences:
    """How many comparisons of equals called one of them slower, with the exact 95 % interval of the rate."""

    alarms: int
    comparisons: int
    interval: Interval


def false_differences(comparisons: int, *, seed: int, show: Callable[[Step], None]) -> FalseDifferences:
    """Compare three copies of the sequential orchestrator, ``comparisons`` times (interval: Clopper and Pearson, 1934)."""
    case = benchmark_case("small", "mixed", latency_scale=0.02)
    original = plugin_contender(Registry.load(), "sequential", workers=1)
    copies = [_named(original, f"copy {number}") for number in range(1, COPIES + 1)]
    alarms = 0
    for number in range(1, comparisons + 1):
        results = _run(copies, case, seed=seed + number, rounds=ROUNDS, memory_rounds=0, show=show)
        alarms += any(row.verdict not in {"best", "tied"} for row in results.summary)
    interval = binomtest(alarms, comparisons).proportion_ci(0.95)
    return FalseDifferences(
        alarms=alarms, comparisons=comparisons, interval=(float(interval.low), float(interval.high))
    )


def known_contenders(*, seed: int, show: Callable[[Step], None], rounds: int = ROUNDS) -> list[Finding]:
    """Measure contenders that are 10 % slower, hold 100 MiB in a child, and burn a CPU second in a grandchild."""
    case = evolve(benchmark_case("small", "cpu", latency_scale=0.0), words=100)
    names = ("steady", "slower", "small_child", "hungry_child", "busy_child")
    contenders = [file_contender(KNOWN / f"{name}.py") for name in names]
    results = _run(contenders, case, seed=seed, rounds=rounds, memory_rounds=3, show=show)
    rows = {row.contender: row for row in results.summary}
    return [_slower(rows["slower"]), _memory(rows), _cpu(results)]


def known_cheats(*, seed: int, show: Callable[[Step], None]) -> list[Finding]:
    """Let one cheat of each kind try. Its fault must be found by name, or the cheat must gain nothing."""
    case = benchmark_case("small", "mixed", latency_scale=0.02)
    contenders = [file_contender(KNOWN / f"{name}.py") for name in ("honest_caller", *CHEATS)]
    results = _run(contenders, case, seed=seed, rounds=1, memory_rounds=0, show=show)
    return [_cheat(row, results) for row in results.summary if row.contender in CHEATS]


def server_costs(*, seed: int) -> list[Finding]:
    """Measure how long the harness takes to answer a contender's calls: one at a time, and many that wait at once."""
    one = _asked("asks_one_by_one", seed=seed, latency_scale=SECONDS / find_anagrams.spec.faults.sleep_time)
    many = _asked("asks_at_once", seed=seed, latency_scale=1.0)
    # The time doubles if other programs push our data out of the processors' caches.
    busy = 1 if os.getloadavg()[0] <= processors() else 2
    alone_ms = one.answer["reported_ms"]
    among_ms = (many.wall_ms - find_anagrams.spec.faults.sleep_time * 1e3) / AT_ONCE
    return [
        Finding(
            what=f"a call of {AT_ONCE:,} at once, beyond its wait",
            expected=f"all answered, at most {busy * AMONG_MS} ms",
            found=f"{len(many.calls):,} answered, {among_ms:.3f} ms",
            is_right=len(many.calls) == AT_ONCE and among_ms <= busy * AMONG_MS,
        ),
        Finding(
            what="a call alone, beyond the same wait in its process",
            expected=f"at most {busy * ALONE_MS} ms",
            found=f"{alone_ms:.3f} ms",
            is_right=len(one.calls) == ONE_BY_ONE and alone_ms <= busy * ALONE_MS,
        ),
    ]


def _asked(name: str, *, seed: int, latency_scale: float) -> RawExecution:
    """Return how a known contender made calls. Its answer counts nothing."""
    contender = file_contender(KNOWN / f"{name}.py")
    order = SampleOrder(
        work=ANAGRAMS,
        kind=contender.kind,
        source=contender.source,
        text=contender.text,
        options={},
        inputs=[("cold", b"cat")],
        settings=FaultSettings(profile="latency", latency_scale=latency_scale, seed=seed),
        timeout=60.0,
        hash_seed=0,
        workers=1,
        measures_memory=False,
        memory_limit=DEFAULT_MEMORY_LIMIT,
    )
    (execution,) = take_sample(order).executions
    return execution


def _cheat(row: SummaryRow, results: Results) -> Finding:
    code = CHEATS[row.contender]
    samples = [sample for sample in results.samples if sample.contender == row.contender]
    executions = [execution for sample in samples for execution in sample.executions]
    has_waited = all(execution.wall_ms >= execution.floor_ms > 0 for execution in executions)
    waited = "waits as all do" if has_waited else "waits less"
    return Finding(
        what=f"cheat: {row.contender.replace('_', ' ')}",
        expected=code or "waits as all do",
        found=", ".join(row.problems) or waited,
        is_right=code in row.problems if code else has_waited and set(row.problems) <= {"skipped_delays"},
    )


def _slower(row: SummaryRow) -> Finding:
    ratio = row.ratio or 0.0
    interval = row.ratio_interval
    shown = f"{ratio:.3f}" + (f" [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else "")
    return Finding(
        what="10 % slower",
        expected=f"1.10 ± {SLOWER_TOLERANCE}",
        found=shown,
        is_right=abs(ratio - 1.10) <= SLOWER_TOLERANCE and row.verdict == "slower",
    )


def _memory(rows: dict[str, SummaryRow]) -> Finding:
    more = (rows["hungry_child"].memory_peak_mib or 0.0) - (rows["small_child"].memory_peak_mib or 0.0)
    return Finding(
        what="100 MiB in a child",
        expected=f"100 ± {MEMORY_TOLERANCE_MIB:.0f} MiB",
        found=f"{more:.1f} MiB",
        is_right=abs(more - 100.0) <= MEMORY_TOLERANCE_MIB,
    )


def _cpu(results: Results) -> Finding:
    used = {
        name: [s.cpu_s / len(s.warm) for s in results.samples if s.contender == name and s.cpu_s is not None and s.warm]
        for name in ("steady", "busy_child")
    }
    middle = {name: sorted(values)[len(values) // 2] if values else 0.0 for name, values in used.items()}
    more = middle["busy_child"] - middle["steady"]
    return Finding(
        what="1 CPU second in a process of a fork server",
        expected=f"1.00 ± {CPU_TOLERANCE_S} s",
        found=f"{more:.3f} s",
        is_right=abs(more - 1.0) <= CPU_TOLERANCE_S,
    )


def _run(
    contenders: list[Contender],
    case: TextCase,
    *,
    seed: int,
    rounds: int,
    memory_rounds: int,
    show: Callable[[Step], None],
) -> Results:
    settings = ComparisonSettings(
        secret_seed=unguessable(seed),
        cases=[case],
        reference=contenders[0].name,
        seed=seed,
        rounds=rounds,
        memory_rounds=memory_rounds,
        workers=2,
        timeout=30.0,
        command="anagram compare --selftest",
    )
    results = compare(contenders, settings, keep=_forget, show=show)
    if results.run.is_interrupted:
        raise KeyboardInterrupt
    return results


def _forget(sample: Sample) -> None:
    """Keep nothing, because the samples are in the results."""


def _named(contender: Contender, name: str) -> Contender:
    return evolve(contender, name=name, record=evolve(contender.record, name=name))
