"""Calls every stage, with a sleep that does not sleep."""

from __future__ import annotations

import time

from honest import TaskOrchestrator as Honest

time.sleep = lambda seconds: None


class TaskOrchestrator(Honest):
    pass
