"""The steps of the runs that are foreseen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from pipeline_optimization import Pipeline
from pipeline_optimization.pipeline.model.steps import CompletePipeline

__all__ = ["PIPELINES"]

SIMULATED_SECONDS = 0.001
"""What ``spin`` computes, and ``nap`` and ``call`` wait, for a value of 1."""


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


async def call(value: float) -> float:
    """Await ``value`` milliseconds, as a client of a service does."""
    await asyncio.sleep(value * SIMULATED_SECONDS)
    return value


def is_small(value: float) -> bool:
    """Return whether a value is below 1. How many are is drawn with the values."""
    return value < 1.0


PIPELINES: Mapping[str, CompletePipeline[Any, Any]] = {
    "fetch": Pipeline("fetch").values(float).map(fetch).sum(),
    "parse": Pipeline("parse").values(float).map(parse).sum(),
    "fetch-parse": Pipeline("fetch-parse").values(float).map(fetch).map(parse).sum(),
    "spin": Pipeline("spin").values(float).map(spin).sum(),
    "nap": Pipeline("nap").values(float).map(nap).sum(),
    "call": Pipeline("call").values(float).map(call).sum(),
    "filter-fetch": Pipeline("filter-fetch").values(float).filter(is_small).map(fetch).sum(),
}
"""By name, as another process is told which to run."""
