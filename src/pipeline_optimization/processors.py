"""How many processors this process may use."""

from __future__ import annotations

import math
import os
from pathlib import Path

__all__ = ["processors"]

CONTROL_GROUPS = Path("/sys/fs/cgroup")


def processors() -> int:
    """Return how many processors the system allows, which may be fewer than there are: at least 1.

    By the affinity mask, and by the quota of the control group, which is what limits a container.
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min(allowed, _quota(CONTROL_GROUPS))))


def _quota(root: Path) -> float:
    """Return the processors' worth of time that the control group at ``root`` has; infinite where none is set."""
    try:  # version 2: "max 100000", or microseconds in each period
        quota, period = (root / "cpu.max").read_text("ascii").split()
    except (OSError, ValueError):
        try:  # version 1: -1, or microseconds
            quota = (root / "cpu" / "cpu.cfs_quota_us").read_text("ascii")
            period = (root / "cpu" / "cpu.cfs_period_us").read_text("ascii")
        except OSError:
            return math.inf
    try:
        share = int(quota) / int(period)
    except (ValueError, ZeroDivisionError):
        return math.inf
    return share if share > 0 else math.inf
