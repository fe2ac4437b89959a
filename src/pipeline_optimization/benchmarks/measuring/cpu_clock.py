"""The CPU time of another process."""

from __future__ import annotations

import sys
import time

import psutil

__all__ = ["METHOD", "cpu_seconds"]

HAS_CLOCKS = sys.platform == "linux"
METHOD = "process clocks" if HAS_CLOCKS else "scheduler ticks"


def cpu_seconds(process: psutil.Process) -> tuple[float, float]:
    """Return the CPU seconds of a process with all its threads, and those of the children that it has waited for.

    On Linux the first comes from the process's CPU clock. It is exact to the nanosecond, and the usual counters tick 100 times a second.
    clock_getcpuclockid(3) documents how a clock's number is made from the pid. Raises psutil.NoSuchProcess.
    """
    times = process.cpu_times()
    own = times.user + times.system
    if HAS_CLOCKS:
        try:
            own = time.clock_gettime((~process.pid << 3) | 2)
        except OSError:
            own = max(own, 0.0)
    return own, times.children_user + times.children_system
