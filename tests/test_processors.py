"""How many processors there are to use: what the system allows, not what the machine has."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from pipeline_optimization import processors


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({}, math.inf),
        ({"cpu.max": "max 100000\n"}, math.inf),
        ({"cpu.max": "150000 100000\n"}, 1.5),
        ({"cpu.max": "nonsense\n"}, math.inf),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, math.inf),
        ({"cpu/cpu.cfs_quota_us": "50000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 0.5),
        ({"cpu/cpu.cfs_quota_us": "50000\n", "cpu/cpu.cfs_period_us": "0\n"}, math.inf),
    ],
)
def test_quotas(files: dict[str, str], quota: float, tmp_path: Path) -> None:
    """Both versions of control groups are understood, and nonsense is no limit."""
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    assert processors._quota(tmp_path) == quota


def test_a_quota_bounds_the_processors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Part of a processor is one."""
    (tmp_path / "cpu.max").write_text("10000 100000\n")
    monkeypatch.setattr(processors, "CONTROL_GROUPS", tmp_path)
    assert processors.processors() == 1
