"""Numbers as text: no more digits than they carry, the same in every report."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from pipeline_optimization.benchmarks.records import Interval

__all__ = ["NOTHING", "decimals_for", "duration", "interval", "number", "percent", "ratio"]

NOTHING = "–"
"""What stands where there is nothing to say."""

# A narrow space that no line is broken at.
_SPACE = "\u202f"


def decimals_for(values: Iterable[float | None]) -> int:
    """Return how many decimals give the smallest of a column's values three digits, and none more than two."""
    sizes = [abs(value) for value in values if value]
    if not sizes or min(sizes) >= 100:
        return 0
    return 1 if min(sizes) >= 10 or max(sizes) >= 1000 else 2


def number(value: float | None, decimals: int) -> str:
    """Return a number with its thousands apart and a real minus sign."""
    if value is None:
        return NOTHING
    text = f"{value:,.{decimals}f}".replace(",", _SPACE)
    if text.startswith("-"):
        is_zero = not text.strip("-0.")
        return text[1:] if is_zero else f"\u2212{text[1:]}"
    return text


def percent(share: float | None, decimals: int = 1) -> str:
    """Return a share of 1 as per cent; what is not quite all never reads as 100 %."""
    if share is None:
        return NOTHING
    shown = number(share * 100, decimals)
    if share < 1 and shown == number(100, decimals):
        shown = number(100 - 10**-decimals, decimals)
    return f"{shown}{_SPACE}%"


def ratio(value: float | None) -> str:
    """Return a ratio with two decimals, more below 0.1 and fewer from 10 on."""
    if value is None:
        return NOTHING
    if 0 < abs(value) < 0.1:
        return f"{value:.2g}×"
    return f"{number(value, 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0)}×"


def interval(ends: Interval | None, decimals: int | None = None) -> str:
    """Return an interval in brackets, as ratios where no decimals are given; empty where there is none."""
    if ends is None:
        return ""
    if decimals is None:
        low, high = (ratio(end).removesuffix("×") for end in ends)
    else:
        low, high = (number(end, decimals) for end in ends)
    return f"[{low}–{high}]" if not high.startswith("\u2212") and not low.startswith("\u2212") else f"[{low} … {high}]"


def duration(seconds: float) -> str:
    """Return a time span in words."""
    if seconds < 60:
        return f"{seconds:.0f}{_SPACE}s"
    hours, rest = divmod(int(timedelta(seconds=round(seconds)).total_seconds()), 3600)
    minutes, left = divmod(rest, 60)
    parts = [(hours, "h"), (minutes, "min"), (left, "s")]
    return " ".join(f"{count}{_SPACE}{unit}" for count, unit in parts if count)
