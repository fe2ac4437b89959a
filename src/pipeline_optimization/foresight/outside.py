"""What of a prediction lies outside of what was seen of the work, or of what the model knows."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline_optimization.foresight.simulate import Configuration
from pipeline_optimization.foresight.work import WorkModel

__all__ = ["outside_of_work"]

MOST_TIMES = 100
"""A service that one worker has called may be slower for more than this number of workers."""


def outside_of_work(work: WorkModel, configuration: Configuration, seen_workers: int | None) -> Sequence[str]:
    """Return, for people, what of a prediction lies outside of what was seen of the work.

    Args:
        work: What is foreseen.
        configuration: How it is run.
        seen_workers: How many workers the recorded run had; None where nothing was run.
    """
    found = []
    if seen_workers and configuration.workers > MOST_TIMES * seen_workers and work.wait > 0:
        found.append(
            f"more than {MOST_TIMES} times as many workers as in the recorded run ({seen_workers:,}): waits are assumed to stay as they were"
        )
    return found
