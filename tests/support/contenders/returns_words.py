"""Returns counts that are no numbers."""

from __future__ import annotations

from typing import Any


class TaskOrchestrator:
    def process_text(self, text: str) -> Any:
        return {"runtime": 1.0, "anagram_counts": {"cat": "one"}}
