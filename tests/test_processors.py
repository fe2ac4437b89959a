"""How many processors there are to use: what the system allows, not what the machine has."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from pipeline_optimization.processors import processors, quota


def write(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def cfs(group: str, quota: int) -> dict[str, str]:
    """Return the files of a group of version 1 with so many thousandths of a processor, -1 for no bound."""
    microseconds = quota * 100 if quota > 0 else quota
    return {f"{group}/cpu.cfs_quota_us": f"{microseconds}\n", f"{group}/cpu.cfs_period_us": "100000\n"}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, math.inf),
        ({"cpu.max": "max 100000\n"}, math.inf),
        ({"cpu.max": "150000 100000\n"}, 1.5),
        ({"cpu.max": "nonsense\n"}, math.inf),
        (cfs("cpu", -1), math.inf),
        (cfs("cpu", 500), 0.5),
        ({"cpu/cpu.cfs_quota_us": "50000\n", "cpu/cpu.cfs_period_us": "0\n"}, math.inf),
        ({"cpu/cpu.cfs_quota_us": "50000\n", "cpu/cpu.cfs_period_us": "\xb5\n"}, math.inf),
    ],
)
def test_quotas(files: dict[str, str], expected: float, tmp_path: Path) -> None:
    """Both versions of control groups are understood, and nonsense is no limit."""
    assert quota(write(tmp_path, files), tmp_path / "none") == expected


@pytest.mark.parametrize(
    ("membership", "files", "expected"),
    [
        ("0::/a.slice/b.scope\n", {"a.slice/b.scope/cpu.max": "50000 100000\n"}, 0.5),
        ("0::/a.slice/b.scope\n", {"a.slice/cpu.max": "25000 100000\n", "a.slice/b.scope/cpu.max": "max 100000"}, 0.25),
        ("0::/a.slice\n", {"cpu.max": "75000 100000\n", "a.slice/cpu.max": "90000 100000\n"}, 0.75),
        ("0::/a.slice\n", {"other.slice/cpu.max": "50000 100000\n"}, math.inf),
        ("0::/../elsewhere/c\n", {"c/cpu.max": "50000 100000\n", "cpu.max": "60000 100000\n"}, 0.6),
        ("4:cpu,cpuacct:/jobs/j1\n3:memory:/m\n", cfs("cpu,cpuacct/jobs/j1", 500), 0.5),
        ("4:cpuacct,cpu:/jobs/j1\n", {**cfs("cpu/jobs", 300), **cfs("cpu/jobs/j1", -1)}, 0.3),
        ("4:cpuset:/jobs/j1\n", cfs("cpu/jobs/j1", 500), math.inf),
        ("4:cpu:/jobs\n0::/jobs\n", {"unified/jobs/cpu.max": "50000 100000\n", **cfs("cpu/jobs", 700)}, 0.5),
        ("4:cpu:/docker/0123\n", cfs("cpu", 800), 0.8),
        ("nonsense\n\n4:cpu\n", cfs("cpu", 800), 0.8),
        ("0::/a:b c\n", {"a:b c/cpu.max": "50000 100000\n"}, 0.5),
    ],
)
def test_quotas_of_groups_within_groups(
    membership: str, files: dict[str, str], expected: float, tmp_path: Path
) -> None:
    """The least of what the process's own group and those above it have; groups that it is not in do not count."""
    told = write(tmp_path, {"proc/self/cgroup": membership}) / "proc/self/cgroup"
    assert quota(write(tmp_path / "cgroup", files), told) == expected


def test_a_quota_bounds_the_processors(tmp_path: Path) -> None:
    """Part of a processor is one."""
    root = write(tmp_path, {"cpu.max": "10000 100000\n"})
    assert processors(root, tmp_path / "none") == 1
