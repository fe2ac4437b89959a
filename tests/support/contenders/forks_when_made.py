"""Forks in its constructor, and the child goes on as its parent does."""

from __future__ import annotations

import os

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    def __init__(self) -> None:
        os.fork()
