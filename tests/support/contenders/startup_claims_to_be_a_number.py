"""Says a startup time whose class claims to be float."""

from __future__ import annotations

from honest import TaskOrchestrator as Honest


class Time:
    __class__ = float  # type: ignore[assignment]


class TaskOrchestrator(Honest):
    startup_ms = Time()
