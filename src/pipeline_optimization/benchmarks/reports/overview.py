"""What stands at the top of a report, in words: who was compared, what the run can tell apart, what was done."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

from pipeline_optimization.benchmarks.records import Results
from pipeline_optimization.benchmarks.reports.quantities import duration, percent
from pipeline_optimization.benchmarks.reports.summary_table import SummaryTable

__all__ = ["LEGEND", "fact_list", "heading_of", "interruption", "resolution_sentence", "run_resolution"]

LEGEND = (
    "★ best of its column · ≈ not told apart from the best · [from–to] exact 95 % interval · ✓ as many executions "
    "succeeded as the injected faults let succeed · – nothing to say"
)


def heading_of(table: SummaryTable) -> str:
    """Return a table's heading, without what the run can resolve."""
    rounds = "1 round" if table.rounds == 1 else f"{table.rounds} rounds"
    return f"{table.profile} · {table.case} ({rounds}, random order)"


def resolution_sentence(table: SummaryTable) -> str:
    """Say which differences are out of a table's reach."""
    if table.resolution is None:
        return "Too few rounds for intervals: this table shows values and cannot tell contenders apart."
    return f"Differences below about ±{percent(table.resolution)} are out of this table's reach."


def run_resolution(tables: Sequence[SummaryTable]) -> str:
    """Say over all tables which differences are out of reach."""
    known = sorted(((t.resolution, t) for t in tables if t.resolution is not None), key=itemgetter(0))
    if not known:
        return "Too few rounds for intervals: this run shows values and cannot tell contenders apart."
    (least, first), (most, last) = known[0], known[-1]
    if percent(least) == percent(most):
        return f"Differences below about ±{percent(most)} are out of this run's reach."
    return (
        f"Differences are out of this run's reach below about ±{percent(least)} in {first.profile} · {first.case}, and "
        f"up to ±{percent(most)} in {last.profile} · {last.case}."
    )


def interruption(results: Results) -> str:
    """Return what to know about a run that was cut short; empty otherwise."""
    return (
        "The run was interrupted: only rounds that were complete by then count." if results.run.is_interrupted else ""
    )


def fact_list(results: Results) -> Sequence[tuple[str, str]]:
    """Return what was done and with what, as (term, value)."""
    run = results.run
    cpu = sorted({sample.cpu_method for sample in results.samples if sample.cpu_method})
    memory = sorted({sample.memory_method for sample in results.samples if sample.memory_method})
    facts = [
        ("Run", run.id),
        ("Started", run.started),
        ("Took", duration(run.duration_s)),
        ("Tool", results.tool),
        ("Seed", str(run.seed)),
        ("Rounds", _rounds(results)),
        ("Iterations asked for", "" if run.iterations_asked is None else str(run.iterations_asked)),
        ("Time budget", "" if run.time_budget_s is None else duration(run.time_budget_s)),
        ("Workers", str(run.workers)),
        ("Reference", run.reference),
        ("Noise threshold", percent(run.noise_threshold)),
        ("Timeout of a sample", duration(run.timeout_s)),
        ("CPU time taken from", ", ".join(cpu)),
        ("Memory taken from", ", ".join(memory)),
    ]
    return [(term, value) for term, value in facts if value]


def _rounds(results: Results) -> str:
    """Return the rounds of each case, once where they are the same for all."""
    found = {
        f"{case.profile} · {case.case}": (
            f"{case.rounds} timed, with {case.warm_runs} warm executions each, and {case.memory_rounds} for memory"
        )
        for case in results.cases
    }
    if len(set(found.values())) == 1:
        return next(iter(found.values()))
    return "; ".join(f"{case}: {rounds}" for case, rounds in found.items())
