"""``python -m pipeline_optimization.foresight.cold_start NAME [OPTION]`` prints what a run of one element takes in a new program, in seconds.

Each run pays it once: plugins are found and imported, the run is planned, its worker starts, and all of it ends.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from pipeline_optimization.pipeline.model.job import plan_pipeline
from pipeline_optimization.pipeline.model.steps import Pipeline
from pipeline_optimization.pipeline.plan import RunOptions
from pipeline_optimization.pipeline.run import execute
from pipeline_optimization.registry import Registry

__all__ = ["main"]


def same(value: int) -> int:
    return value


def main(arguments: Sequence[str]) -> float:
    """Run one element with the orchestrator that is named, on one worker if it has an option for that, and return the seconds."""
    name, *option = arguments
    began = time.monotonic()
    registry = Registry.load()
    options = RunOptions(orchestrator=name, orchestrator_options=dict.fromkeys(option, 1), retry="none")
    plan = plan_pipeline(registry, options, Pipeline("nothing").values(int).map(same).count(), [1])
    execute(plan, [], registry, began=began)
    return time.monotonic() - began


if __name__ == "__main__":
    print(main(sys.argv[1:]))
