"""Functions of the pipelines that section ``elements`` measures which compute or wait for a while."""

from __future__ import annotations

import asyncio
import time
from hashlib import sha256
from typing import Any

from pipeline_optimization import Pipeline
from pipeline_optimization.pipeline.model.steps import CompletePipeline

__all__ = ["NAP", "PIPELINES", "compute"]

NAP = 0.2
"""Seconds."""

BLOCK = bytes(1 << 14)
"""What is hashed to compute for a while: it takes some 10 to 40 microseconds."""

SLOW = 1000
"""How many times as long as the others every hundredth element of ``mixed`` takes."""


def compute(times: int) -> int:
    """Compute for a number of blocks: the same work wherever it is done, while milliseconds depend on who else works."""
    for _ in range(times):
        sha256(BLOCK).digest()
    return times


def mixed(number: int) -> int:
    return compute(1 if number % 100 else SLOW)


async def wait(number: int) -> int:
    await asyncio.sleep(0.05)
    return number


def nap(number: int) -> int:
    """Block the thread, as a call of a service does."""
    time.sleep(NAP)
    return number


PIPELINES: dict[str, CompletePipeline[Any, Any]] = {
    "compute": Pipeline("compute").values(int).map(compute).sum(),
    "mixed": Pipeline("mixed").values(int).map(mixed).sum(),
    "nap": Pipeline("nap").values(int).map(nap).sum(),
    "wait": Pipeline("wait").values(int).map(wait).sum(),
}
