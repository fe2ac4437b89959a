"""Reports a time that is longer than the universe is old."""

from __future__ import annotations

from typing import Any

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        return {**super().process_text(text), "runtime": 1e22}
