"""Has a child that holds 100 MiB."""

from __future__ import annotations

from pipeline_optimization.benchmarks.anagrams.known_contenders.small_child import TaskOrchestrator as SmallChild

__all__ = ["TaskOrchestrator"]


class TaskOrchestrator(SmallChild):
    """Differs from ``small_child`` only in the memory of its child."""

    mebibytes = 100
