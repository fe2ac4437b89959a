"""Returns an object that claims to be of the class dict, as a mock does."""

from __future__ import annotations

from unittest.mock import MagicMock

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> MagicMock:
        super().process_text(text)
        return MagicMock(spec=dict)
