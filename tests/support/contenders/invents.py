"""Returns a word that the text does not give."""

from __future__ import annotations

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    def count(self, words: list[str]) -> dict[str, int]:
        return {**super().count(words), "zzzz": 1}
