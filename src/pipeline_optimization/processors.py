"""The number of processors that this process may use."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

__all__ = ["MAX_THREADS", "processors", "quota", "threads_beside"]

MAX_THREADS = 4
"""Each thread that counts remembers words. More threads would use more memory, and an item's text is too short to keep them busy."""

CONTROL_GROUPS = Path("/sys/fs/cgroup")
"""The directory where the system mounts control groups."""

MEMBERSHIP = Path("/proc/self/cgroup")
"""The file with the groups of this process: a line of ``id:controllers:path`` for each hierarchy."""


def processors(groups: Path = CONTROL_GROUPS, membership: Path = MEMBERSHIP) -> int:
    """Return how many processors the system allows, at least 1. That may be fewer than there are.

    The affinity mask and the quota of the control group bound it. The quota is what limits a container.
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min(allowed, quota(groups, membership))))


def threads_beside(slots: int) -> int:
    """Return how many threads may work in each attempt, if ``slots`` attempts run at once and together should use all processors."""
    return max(1, min(MAX_THREADS, processors() // slots))


def quota(groups: Path = CONTROL_GROUPS, membership: Path = MEMBERSHIP) -> float:
    """Return the share of processors that this process may use, such as 1.5, or infinity if no control group bounds it.

    It is the least quota of its own group and of those above.
    """
    return min(map(_share, set(_groups(groups, membership))), default=math.inf)


def _groups(root: Path, membership: Path) -> Iterator[Path]:
    """Yield the directories of this process's groups and of all above them. Some may not exist."""
    # A container sees its own group as the root, but the system may tell the path that it has outside.
    yield from (root, root / "cpu", root / "cpu,cpuacct")
    try:
        lines = os.fsdecode(membership.read_bytes()).splitlines()
    except OSError:
        return
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not controllers:
            hierarchies = (root, root / "unified")  # version 2, alone or beside version 1
        elif "cpu" in controllers.split(","):
            hierarchies = (root / "cpu", root / controllers)
        else:
            continue
        own = PurePosixPath(*(part for part in PurePosixPath(path).parts if part not in {"/", ".."}))
        yield from (hierarchy / group for hierarchy in hierarchies for group in (own, *own.parents))


def _share(group: Path) -> float:
    """Return the share of processors that one group allows."""
    try:  # version 2: "max 100000", or microseconds in each period
        quota, period = (group / "cpu.max").read_text("ascii").split()
    except (OSError, ValueError):
        try:  # version 1: -1, or microseconds
            quota = (group / "cpu.cfs_quota_us").read_text("ascii")
            period = (group / "cpu.cfs_period_us").read_text("ascii")
        except (OSError, ValueError):
            return math.inf
    try:
        share = int(quota) / int(period)
    except (ValueError, ZeroDivisionError):
        return math.inf
    return share if share > 0 else math.inf
