"""Counts each different word once, however often it occurs."""

from __future__ import annotations

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    def words(self, text: str) -> list[str]:
        return list(dict.fromkeys(word.lower() for word in super().words(text)))
