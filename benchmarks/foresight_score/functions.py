"""The steps of the runs that are foreseen."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from pipeline_optimization import Pipeline
from pipeline_optimization.pipeline.model.steps import CompletePipeline

__all__ = ["PIPELINES"]

SIMULATED_SECONDS = 0.001
"""What ``spin`` computes and ``nap`` waits for a value of 1."""


def fetch(value: float) -> float:
    """Do nothing: a fault profile says how long it takes."""
    return value


def parse(value: float) -> float:
    """Do nothing, as above."""
    return value


def spin(value: float) -> float:
    """Compute for ``value`` milliseconds of processor time."""
    until = time.thread_time() + value * SIMULATED_SECONDS
    while time.thread_time() < until:
        sum(range(100))
    return value


def nap(value: float) -> float:
    """Wait for ``value`` milliseconds, as a call of a service does."""
    time.sleep(value * SIMULATED_SECONDS)
    return value


PIPELINES: Mapping[str, CompletePipeline[Any, Any]] = {
    "fetch": Pipeline("fetch").values(float).map(fetch).sum(),
    "parse": Pipeline("parse").values(float).map(parse).sum(),
    "fetch-parse": Pipeline("fetch-parse").values(float).map(fetch).map(parse).sum(),
    "spin": Pipeline("spin").values(float).map(spin).sum(),
    "nap": Pipeline("nap").values(float).map(nap).sum(),
}
"""By name, as another process is told which to run."""
