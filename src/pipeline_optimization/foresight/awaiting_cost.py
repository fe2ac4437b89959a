"""Measures what it takes to await bundles beside what functions take: to import an event loop, and for each element to run in it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache

from pipeline_optimization.engine.places import EventLoopHere, Places, event_loop_here
from pipeline_optimization.pipeline.model.awaited_bundles import AwaitedPart
from pipeline_optimization.pipeline.model.bundles import build_stages
from pipeline_optimization.pipeline.model.codec import PICKLED
from pipeline_optimization.pipeline.model.contents import encode_contents
from pipeline_optimization.pipeline.model.job import AT_ONCE
from pipeline_optimization.pipeline.model.own_loop import run_to_end
from pipeline_optimization.pipeline.model.steps import Pipeline

__all__ = ["IN_ONE_LOOP", "awaiting_cost", "awaiting_start"]

FEW, MANY = 1, 6
"""Bundles of ``IN_ONE_LOOP`` elements in the two runs whose difference tells what one element costs."""

TRIALS = 3
"""How often both are run; the least counts."""

IN_ONE_LOOP = 1000
"""Elements that an event loop of all workers awaits at once by default. Each costs it more than in a loop with few, which is measured."""

PAUSES: Mapping[int, float] = {AT_ONCE: 0.004, IN_ONE_LOOP: 0.05}
"""Seconds that an element waits on average, by how many are awaited at once: so long that nearly all of them wait."""

GOLDEN = 0.618034
"""Its multiples are spread evenly between whole numbers."""


IMPORTS = """
import time, pipeline_optimization.pipeline.run, pipeline_optimization.pipeline.model.bundles
before = time.process_time()
import pipeline_optimization.pipeline.model.awaited_bundles
print(time.process_time() - before)
"""
"""A program that prints how long it takes to import what awaits, where all other things have been imported."""


async def pause(seconds: float) -> float:
    await asyncio.sleep(seconds)
    return seconds


@cache
def awaiting_cost(at_once: int = AT_ONCE) -> float:
    """Return the seconds of the processor that an element takes if its function does nothing but wait, in an event loop that awaits so many at once."""
    pipeline = Pipeline("pauses").values(float).map(pause).count()
    stage = build_stages(pipeline, frozenset(), PICKLED, at_once=at_once)[pipeline.input.task]
    assert isinstance(stage, AwaitedPart)
    # All different, as answers of services are: an event loop wakes up once for all timers that end together.
    pauses = [PAUSES[at_once] * (0.5 + number * GOLDEN % 1.0) for number in range(IN_ONE_LOOP)]
    parts = pipeline.input.parts(pauses, 1, encoding="utf-8", inline=True)
    bundles = [encode_contents(part.contents) for part in parts]

    async def run(times: int) -> None:
        event_loop_here.set(EventLoopHere(Places(at_once)))
        await asyncio.gather(*(stage.run_async(bundle) for bundle in bundles * times))

    def busy(times: int) -> float:
        return min(_busy(lambda: run_to_end(lambda: run(times), None)) for _ in range(TRIALS))

    busy(FEW)  # which imports what event loops need
    elements = (MANY - FEW) * IN_ONE_LOOP
    return max(0.0, (busy(MANY) - busy(FEW)) / elements)


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
