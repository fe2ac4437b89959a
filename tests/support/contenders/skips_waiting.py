"""Calls every stage, with a sleep that does not sleep and draws that never fail."""

from __future__ import annotations

import time
from typing import Any

from honest import TaskOrchestrator as Honest

from pipeline_optimization.engine.faults import CALM, FaultPlan

time.sleep = lambda seconds: None
FaultPlan.draw = lambda *_: CALM  # type: ignore[method-assign]


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        return super().process_text(text)
