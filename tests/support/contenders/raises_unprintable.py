"""Raises an error whose message no file can hold and no terminal should show."""

from __future__ import annotations

from typing import Any


class TaskOrchestrator:
    def process_text(self, text: str) -> Any:
        raise ValueError("\x1b[31m\ud800")
