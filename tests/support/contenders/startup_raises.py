"""Has a property that raises."""

from __future__ import annotations

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    @property
    def startup_ms(self) -> float:
        raise ZeroDivisionError("no start")
