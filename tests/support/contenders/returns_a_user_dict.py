"""Returns a mapping that is no dict."""

from __future__ import annotations

from collections import UserDict
from typing import Any

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> Any:
        return UserDict(super().process_text(text))
