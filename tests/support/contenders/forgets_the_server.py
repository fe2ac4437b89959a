"""Takes the harness's address out of its environment, so that calls wait and fail in its own process, which it does not let them."""

from __future__ import annotations

import os
from typing import Any

from honest import TaskOrchestrator as Honest

from pipeline_optimization.engine.faults import TASK_SERVER


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        os.environ.pop(TASK_SERVER, None)
        os.environ["ANAGRAM_FAULTS"] = "none"
        return super().process_text(text)
