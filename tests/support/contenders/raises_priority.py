"""Gives itself a higher priority until it answers, where it may, and a hard limit that lets it."""

from __future__ import annotations

import os
import resource
from contextlib import suppress
from pathlib import Path
from typing import Any

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        before = os.getpriority(os.PRIO_PROCESS, 0)
        with suppress(PermissionError, ValueError):
            resource.setrlimit(resource.RLIMIT_NICE, (40, 40))
        with suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, 0, before - 5)
        with suppress(OSError):
            Path("/proc/self/autogroup").write_text("-5")
            raise AssertionError("the priority of the session was raised")
        with suppress(PermissionError):
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
            raise AssertionError("it ran in real time")
        assert os.getpriority(os.PRIO_PROCESS, 0) == before, "the priority was raised"
        return super().process_text(text)
