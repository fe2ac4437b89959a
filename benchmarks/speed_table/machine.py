"""The machine on which something is measured, as far as figures depend on it."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime

from pipeline_optimization.benchmarks.machine import cpu_model

__all__ = ["describe_machine"]


def describe_machine() -> Mapping[str, object]:
    """Return what it is, and ``load``: how many programs wanted a core during the last minute."""
    return {
        "machine": platform.machine(),
        "processor": cpu_model(),
        "system": platform.system(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "date": datetime.now(UTC).date().isoformat(),
        "load": round(os.getloadavg()[0], 1),
    }
