"""Returns something else than it should."""

from __future__ import annotations

from typing import Any


class TaskOrchestrator:
    def process_text(self, text: str) -> Any:
        return ["cat"]
