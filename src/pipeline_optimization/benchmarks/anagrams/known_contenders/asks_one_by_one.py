"""Reports by how much a call of a task takes longer than a wait of the same length in its own process."""

from __future__ import annotations

import os
import time
from statistics import median
from typing import Any

from pipeline_optimization.engine.faults import TASK_SERVER
from pipeline_optimization.engine.task_client import client_of

__all__ = ["CALLS", "SECONDS", "TaskOrchestrator"]

CALLS = 300
SECONDS = 0.005
"""Seconds that each call waits: the shortest wait of a comparison with its usual latency scale."""


class TaskOrchestrator:
    """Makes one call at a time, and waits as long itself after each. Both sleep and are woken in the same way."""

    def process_text(self, text: str) -> dict[str, Any]:
        client = client_of(os.environ[TASK_SERVER])
        more = []
        for number in range(CALLS):
            began = time.perf_counter()
            client.call("find_anagrams", f"word {number}")
            called = time.perf_counter()
            time.sleep(SECONDS)
            more.append((called - began) - (time.perf_counter() - called))
        return {"anagram_counts": {}, "runtime": median(more) * 1000.0}
