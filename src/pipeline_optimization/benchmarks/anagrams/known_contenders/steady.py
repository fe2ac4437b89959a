"""Takes 200 ms. The other known contenders are compared with it."""

from __future__ import annotations

import time
from typing import Any

from pipeline_optimization.orchestrator import TaskOrchestrator as Counting

__all__ = ["TaskOrchestrator"]


class TaskOrchestrator:
    """Counts, and waits."""

    seconds = 0.2

    def __init__(self) -> None:
        self._counting = Counting()

    def process_text(self, text: str) -> dict[str, Any]:
        start = time.perf_counter()
        counts = self._counting.process_text(text)["anagram_counts"]
        self.work()
        time.sleep(max(0.0, self.seconds - (time.perf_counter() - start)))
        return {"anagram_counts": counts, "runtime": (time.perf_counter() - start) * 1000.0}

    def work(self) -> None:
        """Do what the known contender is known for."""
