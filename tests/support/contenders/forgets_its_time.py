"""Returns its counts under a name of its own, and no run time."""

from __future__ import annotations

from typing import Any

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        result = super().process_text(text)
        return {"anagram_counts": result["anagram_counts"], "ms": result["runtime"]}
