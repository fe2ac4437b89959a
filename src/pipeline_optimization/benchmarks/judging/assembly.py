"""Makes the record of a sample from what was seen of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import quantiles

from pipeline_optimization.benchmarks.judging.retries import retries_of
from pipeline_optimization.benchmarks.judging.sample import judge_end, judge_executions, notes_on
from pipeline_optimization.benchmarks.measuring.raw_samples import RawSample
from pipeline_optimization.benchmarks.results import Problem, Sample
from pipeline_optimization.benchmarks.schedule import Round
from pipeline_optimization.printable import printable

__all__ = ["assemble", "assemble_unmeasured"]

MOST_LABELS = 10
"""The most labels of retry policies in a record. A contender may send any number of them with its calls."""


def assemble(raw: RawSample, contender: str, round_: Round, *, order_index: int, started: float) -> Sample:
    """Judge a sample and return its record. ``started`` is in seconds since the comparison began."""
    inputs = [given for _, given in round_.inputs]
    executions, problems = judge_executions(raw, inputs, round_.settings, round_.case.work)
    problems += judge_end(raw, round_.case.work)
    return Sample(
        contender=contender,
        case=round_.case.name,
        profile=round_.case.profile,
        kind=round_.kind,
        round=round_.number,
        order_index=order_index,
        started_s=round(started, 3),
        import_ms=_rounded(raw.phases_ms.get("import")),
        setup_ms=_rounded(raw.phases_ms.get("setup")),
        teardown_ms=_rounded(raw.phases_ms.get("teardown")),
        executions=executions,
        problems=problems,
        notes=notes_on(raw),
        exit=raw.exit,
        cpu_s=_rounded(raw.cpu_s, 6),
        cpu_wall_s=_rounded(raw.cpu_wall_s, 6) if raw.cpu_s is not None else None,
        cpu_method=raw.cpu_method,
        memory_peak_mib=_rounded(raw.memory_peak_mib),
        memory_growth_mib=_rounded(raw.memory_growth_mib),
        memory_upper_mib=_rounded(raw.memory_upper_mib),
        memory_method=raw.memory_method,
        isolation=raw.isolation,
        memory_series=raw.memory_series,
        cpu_series=raw.cpu_series,
        processes=raw.processes,
        threads=max((execution.threads for execution in raw.executions), default=0),
        retry=sorted(
            {
                label
                for execution, given in zip(raw.executions, inputs, strict=False)
                for label in retries_of(execution.calls, given)
            }
        )[:MOST_LABELS],
        task_ms_quantiles=_quantiles([_milliseconds(c.began, c.ended) for e in raw.executions for c in e.calls]),
        control_ms=round(raw.control_ms, 3),
        load1=round(raw.load1, 2),
        sampler_cpu_s=round(raw.sampler_cpu_s, 4),
        wall_s=round(raw.wall_s, 3),
    )


def assemble_unmeasured(error: Exception, contender: str, round_: Round, *, order_index: int, started: float) -> Sample:
    """Return the record of a sample that could not be taken or judged, with the reason."""
    what = printable(f"{type(error).__name__}: {error}")[:300]
    return Sample(
        contender=contender,
        case=round_.case.name,
        profile=round_.case.profile,
        kind=round_.kind,
        round=round_.number,
        order_index=order_index,
        started_s=round(started, 3),
        problems=[Problem(code="not_measured", text=what)],
        exit="not measured",
    )


def _quantiles(values: Sequence[float]) -> Mapping[str, float]:
    """Return quantiles of the calls' times. With fewer than a hundred calls the high ones would only be the largest, so they are left out."""
    if len(values) < 2:
        return {}
    cuts = quantiles(values, n=100, method="inclusive")
    found = {"p50": cuts[49], "max": max(values)}
    if len(values) >= 100:
        found |= {"p95": cuts[94], "p99": cuts[98]}
    return {name: round(value, 3) for name, value in found.items()}


def _milliseconds(began: int, ended: int) -> float:
    return (ended - began) / 1e6


def _rounded(value: float | None, digits: int = 3) -> float | None:
    return None if value is None else round(value, digits)
