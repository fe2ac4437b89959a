"""The top of a report, in words: what was compared, and what was done."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline_optimization.benchmarks.reports.quantities import duration, percent
from pipeline_optimization.benchmarks.results import PipelineRecord, Results
from pipeline_optimization.plural import counted

__all__ = ["LEGEND", "fact_list", "interruption"]

LEGEND = "★ certainly the best · ≈ cannot be told from the best · green: the best that was seen · – nothing to say"


def interruption(results: Results) -> str:
    """Return what to know about a run that was interrupted, or an empty text."""
    return (
        "The run was interrupted: figures are those of the samples until then, and verdicts those of complete rounds."
        if results.run.is_interrupted
        else ""
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
        *_pipeline(run.pipeline),
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


def _pipeline(pipeline: PipelineRecord | None) -> Sequence[tuple[str, str]]:
    if pipeline is None:
        return ()
    options = ", ".join(f"{name}={value}" for name, value in pipeline.options.items())
    return (
        ("Pipeline", f"{pipeline.name} ({pipeline.reference})"),
        ("Options of the pipeline", options),
        ("Input", pipeline.input),
    )


def _rounds(results: Results) -> str:
    """Return the rounds of each case, or one text if they are the same for all."""
    found = {
        f"{case.profile} · {case.case}": (
            f"{case.rounds} timed, with {counted(case.warm_runs, 'warm execution')} each, and {case.memory_rounds} for memory"
        )
        for case in results.cases
    }
    if len(set(found.values())) == 1:
        return next(iter(found.values()))
    return "; ".join(f"{case}: {rounds}" for case, rounds in found.items())
