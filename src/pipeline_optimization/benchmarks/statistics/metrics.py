"""The better direction of each metric: larger or smaller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

__all__ = ["DIRECTIONS"]

DIRECTIONS: Mapping[str, Literal["lower", "higher"]] = {
    "success_rate": "higher",
    "runtime_ms": "lower",
    "words_per_second": "higher",
    "memory_peak_mib": "lower",
    "memory_growth_mib": "lower",
    "cpu_percent": "lower",
}
"""Every marked metric. For the same wall time, less CPU time is better; the time itself is judged by ``runtime_ms``."""
