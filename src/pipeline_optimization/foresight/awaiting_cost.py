"""Measures what it takes to await bundles beside what functions take: to import an event loop, and for each element to run in it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache

from pipeline_optimization.pipeline.model.bundles import build_stages
from pipeline_optimization.pipeline.model.codec import PICKLED
from pipeline_optimization.pipeline.model.contents import encode_contents
from pipeline_optimization.pipeline.model.job import AT_ONCE
from pipeline_optimization.pipeline.model.steps import Pipeline

__all__ = ["awaiting_cost", "awaiting_start"]

FEW, MANY = 100, 1000
"""Elements of the two bundles whose difference tells what one element costs."""

TRIALS = 3
"""How often both are run; the least counts."""

PAUSE = 0.001
"""Seconds that each element waits: long enough for a timer, as a service's answer is."""


IMPORTS = """
import time, pipeline_optimization.pipeline.run, pipeline_optimization.pipeline.model.bundles
before = time.process_time()
import pipeline_optimization.pipeline.model.awaited_bundles
print(time.process_time() - before)
"""
"""A program that prints how long it takes to import what awaits, where all other things have been imported."""


async def pause(value: int) -> int:
    await asyncio.sleep(PAUSE)
    return value


@cache
def awaiting_cost() -> float:
    """Return the seconds of the processor that an element takes if its function does nothing but wait, whichever orchestrator runs it."""
    pipeline = Pipeline("pauses").values(int).map(pause).count()
    stage = build_stages(pipeline, frozenset(), PICKLED, at_once=AT_ONCE)[pipeline.input.task]

    def bundle(elements: int) -> Callable[[], object]:
        (part,) = pipeline.input.parts(range(elements), 1, encoding="utf-8", inline=True)
        data = encode_contents(part.contents)
        return lambda: stage(data)

    few, many = bundle(FEW), bundle(MANY)
    _busy(few)  # which imports what event loops need
    return max(0.0, (min(_busy(many) for _ in range(TRIALS)) - min(_busy(few) for _ in range(TRIALS))) / (MANY - FEW))


def _busy(run: Callable[[], object]) -> float:
    before = time.process_time()
    run()
    return time.process_time() - before


@cache
def awaiting_start() -> float:
    """Return the seconds of the processor that a worker takes to import what awaits, whoever starts it; 0 if that cannot be told."""
    command = [sys.executable, "-c", IMPORTS]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)  # noqa: S603 - a program of our own
    with suppress(ValueError):
        return float(done.stdout)
    return 0.0
