"""Numbers are written with the digits that they carry, and text without what cannot be seen."""

from __future__ import annotations

import pytest

from pipeline_optimization.benchmarks.reports.quantities import (
    decimals_for,
    duration,
    interval,
    number,
    pace,
    pace_interval,
    percent,
)
from pipeline_optimization.printable import printable


@pytest.mark.parametrize(
    ("values", "decimals"),
    [([], 0), ([None, 0.0], 0), ([883, 212], 0), ([883, 21.2], 1), ([9.5, 30.0], 2), ([0.5, 2000.0], 1)],
)
def test_decimals_follow_the_smallest(values: list[float | None], decimals: int) -> None:
    """The smallest value of a column has three digits, as far as two decimals go."""
    assert decimals_for(values) == decimals


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(None, 1, "–"), (47100.4, 0, "47\u202f100"), (-0.04, 2, "\u22120.04"), (-0.004, 2, "0.00"), (0.0, 0, "0")],
)
def test_numbers(value: float | None, decimals: int, text: str) -> None:
    """Thousands stand apart, minus is a minus sign, and nothing is minus zero."""
    assert number(value, decimals) == text


@pytest.mark.parametrize(
    ("share", "text"), [(0.96, "96.0\u202f%"), (1.0, "100.0\u202f%"), (0.99999, "99.9\u202f%"), (None, "–")]
)
def test_not_quite_all_is_not_all(share: float | None, text: str) -> None:
    """Only 1 is 100 %."""
    assert percent(share) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (0.01, "100 times as fast"),
        (0.24, "4.2 times as fast"),
        (0.97, "1.03 times as fast"),
        (0.999, "as fast"),
        (1.0, "as fast"),
        (1.001, "as fast"),
        (1.1, "1.10 times as long"),
        (12.34, "12 times as long"),
        (None, "–"),
    ],
)
def test_a_direction_is_in_words(ratio: float | None, text: str) -> None:
    """A ratio of times says which way it goes, with no more digits than it carries."""
    assert pace(ratio) == text


def test_the_interval_of_a_ratio_has_its_unit() -> None:
    """Of half the time, both ends are times as fast; of twice the time, both are times as long."""
    assert pace_interval(0.5, (0.4, 0.625)) == "[1.6–2.5]"
    assert pace_interval(2.0, (1.6, 2.5)) == "[1.6–2.5]"
    assert pace_interval(0.5, None) == ""


@pytest.mark.parametrize(
    ("ratio", "ends", "text"),
    [
        (1 / 1.1, (1 / 1.3, 1 / 1.07), "1.10 times as fast [1.07–1.30]"),
        (1.16, (1.15, 1.2), "1.16 times as long [1.15–1.20]"),
        (1.6, (1.1, 2.42), "1.60 times as long [1.10–2.42]"),
        (1.0, (0.76, 1.2), "as fast [0.76–1.20]"),
        (2.5, (0.99, 3.0), "2.50 times as long [0.99–3.00]"),
        (1 / 7.7, (1 / 8.6, 1 / 6.9), "7.7 times as fast [6.9–8.6]"),
        (9.1, (7.6, 11.2), "9.1 times as long [7.6–11.2]"),
        (12.0, (9.4, 14.1), "12 times as long [9–14]"),
    ],
)
def test_a_ratio_and_its_interval_have_the_same_decimals(ratio: float, ends: tuple[float, float], text: str) -> None:
    """Two below 2, one below 10, none beyond; and two where an end is so close to 1 that its side would be lost."""
    assert f"{pace(ratio, ends)} {pace_interval(ratio, ends)}" == text


def test_intervals() -> None:
    """Intervals stand in brackets; with a minus sign in it, a dash would be misread."""
    assert interval((209.0, 216.0), 0) == "[209–216]"
    assert interval((-1.0, 2.0), 0) == "[\u22121 … 2]"
    assert interval(None, 0) == ""


def test_durations() -> None:
    """Time spans are in words."""
    assert duration(7) == "7\u202fs"
    assert duration(300) == "5\u202fmin"
    assert duration(3661) == "1\u202fh 1\u202fmin 1\u202fs"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ü 漢 ✓", "plain ü 漢 ✓"),
        ("a\u202eb", "a\\u202eb"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\udcff", "\\udcff"),
        ("1\u202f000", "1\u202f000"),
    ],
)
def test_nothing_is_invisible(text: str, shown: str) -> None:
    """Control and format characters, line feeds and lone surrogates stand as their escapes."""
    assert printable(text) == shown
