"""A cheat that counts without calling a stage, and waits a while so that its time is credible."""

from __future__ import annotations

import time
from typing import Any

from pipeline_optimization.orchestrator import TaskOrchestrator as Counting

__all__ = ["TaskOrchestrator"]


class TaskOrchestrator:
    """Takes its counts from a pipeline without faults."""

    def process_text(self, text: str) -> dict[str, Any]:
        time.sleep(0.3)
        result = Counting(faults="none").process_text(text)
        return {"anagram_counts": result["anagram_counts"], "runtime": result["runtime"]}
