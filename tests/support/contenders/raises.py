"""Raises an error of its own."""

from __future__ import annotations

from typing import Any


class TaskOrchestrator:
    def process_text(self, text: str) -> dict[str, Any]:
        raise ValueError("no such thing")
