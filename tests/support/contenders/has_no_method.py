"""Has a class without the method."""

from __future__ import annotations


class TaskOrchestrator:
    def run(self, text: str) -> dict[str, int]:
        return {}
