"""Raises when it is closed."""

from __future__ import annotations

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    def close(self) -> None:
        raise OSError("cannot be closed")
