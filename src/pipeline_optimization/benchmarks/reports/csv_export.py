"""Samples as CSV, one row for each process, so that any tool can group and plot them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from statistics import median

from pipeline_optimization.benchmarks.results import Execution, Results, Sample

__all__ = ["samples_to_csv"]

Value = str | int | float | None

# Spreadsheets take these for the start of a formula (OWASP: CSV injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def samples_to_csv(results: Results) -> str:
    """Return a header and a row for each sample of any kind (RFC 4180). Cells without a value are empty.

    ``warm_median_ms`` is the median of the correct warm executions. Text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for sample in results.samples:
        writer.writerow([_cell(value_of(sample)) for value_of in _COLUMNS.values()])
    return stream.getvalue()


def _cell(value: Value) -> Value:
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value


def _warm_median(sample: Sample) -> float | None:
    times = [execution.wall_ms for execution in sample.warm if execution.is_correct]
    return median(times) if times else None


def _startup(sample: Sample) -> float | None:
    said = [execution.startup_ms for execution in sample.warm if execution.startup_ms is not None]
    return median(said) if said else None


def _cold(sample: Sample) -> float | None:
    return next((execution.wall_ms for execution in sample.executions if execution.kind == "cold"), None)


def _total(value_of: Callable[[Execution], int]) -> Callable[[Sample], int]:
    return lambda sample: sum(value_of(execution) for execution in sample.executions)


def _quantile(name: str) -> Callable[[Sample], float | None]:
    return lambda sample: sample.task_ms_quantiles.get(name)


_COLUMNS: Mapping[str, Callable[[Sample], Value]] = {
    "contender": lambda sample: sample.contender,
    "case": lambda sample: sample.case,
    "profile": lambda sample: sample.profile,
    "kind": lambda sample: sample.kind,
    "round": lambda sample: sample.round,
    "order_index": lambda sample: sample.order_index,
    "started_s": lambda sample: sample.started_s,
    "wall_s": lambda sample: sample.wall_s,
    "exit": lambda sample: sample.exit,
    "problems": lambda sample: " ".join(problem.code for problem in sample.problems),
    "notes": lambda sample: " ".join(note.code for note in sample.notes),
    "import_ms": lambda sample: sample.import_ms,
    "setup_ms": lambda sample: sample.setup_ms,
    "cold_ms": _cold,
    "warm_median_ms": _warm_median,
    "warm_ms": lambda sample: " ".join(repr(execution.wall_ms) for execution in sample.warm),
    "teardown_ms": lambda sample: sample.teardown_ms,
    "executions": lambda sample: len(sample.executions),
    "correct": _total(lambda execution: execution.is_correct),
    "words": _total(lambda execution: execution.words),
    "calls": _total(lambda execution: execution.calls),
    "recovered": _total(lambda execution: execution.recovered),
    "exhausted": _total(lambda execution: execution.exhausted),
    "floor_ms": lambda sample: median(e.floor_ms for e in sample.warm) if sample.warm else None,
    "startup_ms": _startup,
    "overshoot_ms": lambda sample: median(e.overshoot_ms for e in sample.warm) if sample.warm else None,
    "cpu_s": lambda sample: sample.cpu_s,
    "cpu_wall_s": lambda sample: sample.cpu_wall_s,
    "cpu_method": lambda sample: sample.cpu_method,
    "memory_peak_mib": lambda sample: sample.memory_peak_mib,
    "memory_growth_mib": lambda sample: sample.memory_growth_mib,
    "memory_upper_mib": lambda sample: sample.memory_upper_mib,
    "memory_method": lambda sample: sample.memory_method,
    "processes": lambda sample: sample.processes,
    "threads": lambda sample: sample.threads,
    "task_p50_ms": _quantile("p50"),
    "task_p95_ms": _quantile("p95"),
    "task_p99_ms": _quantile("p99"),
    "task_max_ms": _quantile("max"),
    "control_ms": lambda sample: sample.control_ms,
    "load1": lambda sample: sample.load1,
    "sampler_cpu_s": lambda sample: sample.sampler_cpu_s,
}
