"""A cheat that replaces the sleeps and the draws of its process by functions that take no time and never fail."""

from __future__ import annotations

import time
from typing import Any

from pipeline_optimization.benchmarks.anagrams.known_contenders.honest_caller import TaskOrchestrator as Honest
from pipeline_optimization.engine.faults import CALM, FaultPlan

__all__ = ["TaskOrchestrator"]


class TaskOrchestrator(Honest):
    """Would need no time at all if waits and faults were in its process."""

    def process_text(self, text: str) -> dict[str, Any]:
        sleep, draw = time.sleep, FaultPlan.draw
        time.sleep, FaultPlan.draw = lambda seconds: None, lambda *_: CALM  # type: ignore[method-assign]
        try:
            return super().process_text(text)
        finally:
            time.sleep, FaultPlan.draw = sleep, draw  # type: ignore[method-assign]
