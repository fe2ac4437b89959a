"""Has the answer of a built-in text ready."""

from __future__ import annotations

import os
from typing import Any

from honest import TaskOrchestrator as Honest

from pipeline_optimization.orchestrator import TaskOrchestrator as Counting


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        if text == os.environ["KNOWN_TO_A_CONTENDER"]:
            return {**Counting(faults="none").process_text(text)}
        return super().process_text(text)
