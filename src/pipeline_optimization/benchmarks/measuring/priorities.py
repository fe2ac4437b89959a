"""Priorities of measured processes. None may be higher than the harness's own, with which all contenders start."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress

import psutil

__all__ = ["reset_priorities"]


def reset_priorities(processes: Sequence[psutil.Process]) -> str:
    """Undo what processes have raised. Return what it was, or an empty text."""
    found = ""
    ours = psutil.Process().nice()
    for process in processes:
        with suppress(psutil.Error, OSError):
            if (nice := process.nice()) < ours:
                found = f"a niceness of {nice}, where all begin with {ours}"
                process.nice(ours)
            if (policy := _real_time_policy(process.pid)) is not None:
                found = f"the real-time scheduling policy {policy}"
                os.sched_setscheduler(process.pid, os.SCHED_OTHER, os.sched_param(0))
    return found


def _real_time_policy(pid: int) -> int | None:
    if not hasattr(os, "sched_getscheduler"):
        return None
    policy = os.sched_getscheduler(pid) & ~getattr(os, "SCHED_RESET_ON_FORK", 0)
    return policy if policy in {os.SCHED_FIFO, os.SCHED_RR} else None
