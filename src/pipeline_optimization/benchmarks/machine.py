"""The machine and the software that a comparison ran on."""

from __future__ import annotations

import math
import os
import platform
import sys
from collections.abc import Mapping
from multiprocessing import get_start_method
from pathlib import Path

import psutil

from pipeline_optimization.installed import look_up
from pipeline_optimization.processors import processors, quota

__all__ = ["cpu_model", "describe_machine"]

PACKAGES = ("pipeline-optimization", "attrs", "pluggy", "psutil", "scipy")


def describe_machine() -> Mapping[str, str]:
    """Return what may influence a result, as text by name."""
    share = quota()
    governor = _first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    return {
        "cpu": cpu_model(),
        "cpu_count": str(os.cpu_count()),
        "cpus_allowed": str(processors()),
        "memory": f"{psutil.virtual_memory().total / 2**30:.1f} GiB",
        "platform": platform.platform(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "python_compiler": platform.python_compiler(),
        "gil": _gil(),
        "start_method": get_start_method(allow_none=True) or "default",
        **({"cpu_quota": f"{share:g} processors"} if math.isfinite(share) else {}),
        **({"cpu_governor": governor} if governor else {}),
        "packages": ", ".join(_packages()),
    }


def _gil() -> str:
    is_enabled = getattr(sys, "_is_gil_enabled", lambda: True)()
    return "enabled" if is_enabled else "disabled"


def cpu_model() -> str:
    """Return the name of the processor's model. Linux has it in a file only."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    found = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(found, platform.machine())


def _first_line(path: str) -> str:
    try:
        return Path(path).read_text("utf-8").splitlines()[0]
    except (OSError, IndexError):
        return ""


def _packages() -> list[str]:
    installed = look_up().versions
    plugins = [name for name in installed if name.startswith("anagram-plugin-")]
    return [f"{name} {installed[name]}" for name in (*PACKAGES, *sorted(plugins)) if name in installed]
