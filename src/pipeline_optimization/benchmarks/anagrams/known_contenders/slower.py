"""Takes 10 % longer than ``steady``."""

from __future__ import annotations

from pipeline_optimization.benchmarks.anagrams.known_contenders.steady import TaskOrchestrator as Steady

__all__ = ["TaskOrchestrator"]


class TaskOrchestrator(Steady):
    """Waits for 220 ms."""

    seconds = 0.22
