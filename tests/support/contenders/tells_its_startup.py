"""Says how long its workers took to be ready: for each second text, a time that cannot be."""

from __future__ import annotations

from typing import Any

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    texts = 0

    def process_text(self, text: str) -> dict[str, Any]:
        self.texts += 1
        self.startup_ms = 0.25 if self.texts % 2 else 1e9
        return super().process_text(text)
