"""Priorities and processors of measured processes. None may have more than the harness, with which all contenders start."""

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
    allowed = _processors(0)
    for process in processes:
        with suppress(psutil.Error, OSError):
            if (nice := process.nice()) < ours:
                found = f"a niceness of {nice}, where all begin with {ours}"
                process.nice(ours)
            if (policy := _real_time_policy(process.pid)) is not None:
                found = f"the real-time scheduling policy {policy}"
                os.sched_setscheduler(process.pid, os.SCHED_OTHER, os.sched_param(0))
            if more := _processors(process.pid) - allowed:
                found = f"the processors {', '.join(map(str, sorted(more)))}, which the comparison may not use"
                os.sched_setaffinity(process.pid, allowed)
    return found


def _processors(pid: int) -> set[int]:
    return os.sched_getaffinity(pid) if hasattr(os, "sched_getaffinity") else set()


def _real_time_policy(pid: int) -> int | None:
    if not hasattr(os, "sched_getscheduler"):
        return None
    policy = os.sched_getscheduler(pid) & ~getattr(os, "SCHED_RESET_ON_FORK", 0)
    return policy if policy in {os.SCHED_FIFO, os.SCHED_RR} else None
