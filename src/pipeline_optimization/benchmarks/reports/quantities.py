"""Numbers as text, with only significant digits, the same in every report."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from pipeline_optimization.benchmarks.summary_row import Interval

__all__ = [
    "NOTHING",
    "decimals_for",
    "duration",
    "interval",
    "number",
    "pace",
    "pace_ends",
    "pace_interval",
    "percent",
    "times",
]

NOTHING = "–"
"""The content of a cell if there is nothing to say."""

# A narrow space at which no line is broken.
_SPACE = "\u202f"


def decimals_for(values: Iterable[float | None]) -> int:
    """Return how many decimals give the smallest of a column's values three digits, at most two."""
    sizes = [abs(value) for value in values if value]
    if not sizes or min(sizes) >= 100:
        return 0
    return 1 if min(sizes) >= 10 or max(sizes) >= 1000 else 2


def number(value: float | None, decimals: int) -> str:
    """Return a number with separated thousands and a real minus sign."""
    if value is None:
        return NOTHING
    text = f"{value:,.{decimals}f}".replace(",", _SPACE)
    if text.startswith("-"):
        is_zero = not text.strip("-0.")
        return text[1:] if is_zero else f"\u2212{text[1:]}"
    return text


def percent(share: float | None, decimals: int = 1) -> str:
    """Return a share of 1 in per cent. A share below 1 is never shown as 100 %."""
    if share is None:
        return NOTHING
    shown = number(share * 100, decimals)
    if share < 1 and shown == number(100, decimals):
        shown = number(100 - 10**-decimals, decimals)
    return f"{shown}{_SPACE}%"


def times(factor: float, *ends: float) -> str:
    """Return a factor as text.

    It has two decimals below 2, one below 10, and none from there on. ``ends`` are those of its interval. If one of them is so close to 1 that fewer
    decimals would hide on which side it is, all have two.
    """
    is_close_to_1 = any(abs(end - 1.0) < 0.05 for end in ends)
    return number(factor, 2 if factor < 1.995 or is_close_to_1 else 1 if factor < 9.95 else 0)


def pace(ratio: float | None, ends: Interval | None = None) -> str:
    """Return a ratio of times in words, so that it is clear which direction is better.

    Args:
        ratio: A time divided by another.
        ends: The ratio's interval, if it is shown too. Both then have the same number of decimals.
    """
    if ratio is None:
        return NOTHING
    if times(1 / ratio) == times(ratio) == times(1.0):
        return "as fast"
    value, *shown_ends = _in_unit(ratio, ends)
    return f"{times(value, *shown_ends)} times as {'fast' if ratio < 1 else 'long'}"


def pace_interval(ratio: float | None, ends: Interval | None) -> str:
    """Return the interval of a ratio of times in the unit of ``pace``, in brackets, or an empty text if there is none."""
    if ratio is None or ends is None:
        return ""
    low, high = pace_ends(ratio, ends)
    return f"[{low}–{high}]"


def pace_ends(ratio: float, ends: Interval) -> tuple[str, str]:
    """Return the ends of a ratio's interval in the unit of ``pace`` and with its decimals, the smaller first."""
    value, low, high = _in_unit(ratio, ends)
    decimals = len(times(value, low, high).partition(".")[2])
    return number(low, decimals), number(high, decimals)


def _in_unit(ratio: float, ends: Interval | None) -> list[float]:
    """Return the ratio and the ends of its interval as speeds if it is below 1, and as times otherwise."""
    if ratio < 1:
        return [1 / ratio, *((1 / ends[1], 1 / ends[0]) if ends else ())]
    return [ratio, *(ends or ())]


def interval(ends: Interval | None, decimals: int) -> str:
    """Return an interval in brackets, or an empty text if there is none."""
    if ends is None:
        return ""
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
