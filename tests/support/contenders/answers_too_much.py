"""Returns a word of 200 million letters."""

from __future__ import annotations

from typing import Any

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        return {**super().process_text(text), "anagram_counts": {"w" * 200_000_000: 1}}
