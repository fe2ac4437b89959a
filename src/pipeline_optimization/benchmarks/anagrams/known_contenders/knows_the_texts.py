"""A cheat that has the answers of the built-in texts ready."""

from __future__ import annotations

from typing import Any

from pipeline_optimization.anagrams.cases import load_cases
from pipeline_optimization.benchmarks.anagrams.known_contenders.honest_caller import TaskOrchestrator as Honest
from pipeline_optimization.orchestrator import TaskOrchestrator as Counting

__all__ = ["TaskOrchestrator"]


class TaskOrchestrator(Honest):
    """Counts the built-in texts when it is made, without faults."""

    def __init__(self) -> None:
        counting = Counting(faults="none")
        self._known = {case.text: dict(counting.process_text(case.text)) for case in load_cases().values()}

    def process_text(self, text: str) -> dict[str, Any]:
        return self._known.get(text) or super().process_text(text)
