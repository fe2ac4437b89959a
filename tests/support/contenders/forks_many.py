"""Starts many processes that sleep, and forgets them."""

from __future__ import annotations

import os
import time
from typing import Any

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        for _ in range(100):
            if os.fork() == 0:
                time.sleep(1e6)
        return super().process_text(text)
