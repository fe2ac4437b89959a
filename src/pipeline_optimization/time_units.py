"""The unit in which a time is shown."""

from __future__ import annotations

__all__ = ["in_unit"]


def in_unit(seconds: float) -> tuple[float, str]:
    """Return a time as a number of hours, minutes, seconds, milliseconds or microseconds, with the unit's name."""
    if seconds >= 7200:
        return seconds / 3600, "h"
    if seconds >= 120:
        return seconds / 60, "min"
    if seconds >= 1 or not seconds:
        return seconds, "s"
    return (seconds * 1e3, "ms") if seconds >= 1e-3 else (seconds * 1e6, "µs")
