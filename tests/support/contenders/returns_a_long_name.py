"""Returns an object whose class has a name of 200,000 characters."""

from __future__ import annotations

Long = type("X" * 200_000, (), {})


class TaskOrchestrator:
    def process_text(self, text: str) -> object:
        return Long()
