"""``python -m pipeline_optimization.foresight.cold_start NAME [OPTION]`` prints what a run of one element takes in a new program, in seconds.

Each run pays it once: plugins are found and imported, the run is planned, its worker starts, and all of it ends.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence

from pipeline_optimization.pipeline.model.planning import plan_pipeline
from pipeline_optimization.pipeline.model.steps import Pipeline
from pipeline_optimization.pipeline.plan import RunOptions
from pipeline_optimization.pipeline.run import execute
from pipeline_optimization.registry import Registry

__all__ = ["main"]


LEAST = 0.01
"""Seconds that are not processor time of programs: files, pipes, and the clock's ticks, in which such time is counted."""


def same(value: int) -> int:
    return value


def main(arguments: Sequence[str]) -> float:
    """Run one element with the orchestrator that is named, on one worker if it has an option for that, and return the seconds.

    Where other programs keep the machine busy, that is the processor time of this program and of its workers: none of it waits for anything
    but other programs. Parts of a cluster wait for each other as they start, so for them it is the time by the clock.
    """
    name, *option = arguments
    began, busy = time.monotonic(), sum(os.times()[:4])
    registry = Registry.load()
    options = RunOptions(orchestrator=name, orchestrator_options=dict.fromkeys(option, 1), retry="none")
    plan = plan_pipeline(registry, options, Pipeline("nothing").values(int).map(same).count(), [1])
    execute(plan, [], registry, began=began)
    seconds = time.monotonic() - began
    if registry.component("orchestrator", name).capabilities.is_distributed:
        return seconds
    return min(seconds, sum(os.times()[:4]) - busy + LEAST)


if __name__ == "__main__":
    print(main(sys.argv[1:]))
