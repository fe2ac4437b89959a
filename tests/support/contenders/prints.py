"""Writes to standard output."""

from __future__ import annotations

from typing import Any

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        print("x" * 100_000)
        return super().process_text(text)
