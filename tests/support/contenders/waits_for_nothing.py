"""Calls no stage, and waits as long as the stages would take."""

from __future__ import annotations

import time
from typing import Any

from skips_stages import TaskOrchestrator as SkipsStages


class TaskOrchestrator(SkipsStages):
    def process_text(self, text: str) -> dict[str, Any]:
        time.sleep(0.2)
        return super().process_text(text)
