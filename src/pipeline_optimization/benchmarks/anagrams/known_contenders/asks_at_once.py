"""Reports how long 10,000 calls of a task take that all wait at once, in one event loop."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

from pipeline_optimization.engine.faults import TASK_SERVER
from pipeline_optimization.engine.task_client import client_of

__all__ = ["CALLS", "TaskOrchestrator"]

CALLS = 10_000


class TaskOrchestrator:
    """Makes all calls before any has been answered."""

    async def process_text(self, text: str) -> dict[str, Any]:
        client = client_of(os.environ[TASK_SERVER])
        began = time.perf_counter()
        await asyncio.gather(*(client.call_async("find_anagrams", f"word {number}") for number in range(CALLS)))
        return {"anagram_counts": {}, "runtime": (time.perf_counter() - began) * 1000.0}
