"""Forks, and its child goes on as it does itself."""

from __future__ import annotations

import os
from typing import Any

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        os.fork()
        return super().process_text(text)
