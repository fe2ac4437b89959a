"""Is one off for every word."""

from __future__ import annotations

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    def count(self, words: list[str]) -> dict[str, int]:
        return {word: number + 1 for word, number in super().count(words).items()}
