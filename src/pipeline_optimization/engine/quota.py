"""How many calls a service allows: at once, and in a period."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TypeGuard

from attrs import frozen

from pipeline_optimization.errors import OptionError

__all__ = ["Quota", "Rate", "quota_of", "rate_of"]

PERIODS: Mapping[str, float] = {"s": 1.0, "min": 60.0, "h": 3600.0}
"""The seconds of each unit in which a rate may be given."""

MOST_CALLS = 1_000_000
"""The most calls of one period. The start of each of them is remembered."""

BURST_SECONDS = 0.1
"""The default burst of a rate is what it allows in this number of seconds. So an engine that wakes a little late each time still makes as many
calls as the rate allows."""

RATE_TEXT = re.compile(r"\s*(\d+)\s*/\s*(s|min|h)\s*", re.ASCII)


@frozen(kw_only=True)
class Rate:
    """How many ``calls`` may begin in any ``period`` of seconds. They are spread evenly, except that ``burst`` of them may begin at once."""

    calls: int
    period: float
    burst: int

    @property
    def interval(self) -> float:
        """Return the seconds from one call to the next if they are spread evenly."""
        return self.period / self.calls


@frozen(kw_only=True, eq=False)
class Quota:
    """What a task may use of a service. Tasks that have the same ``Quota`` object share it.

    Attributes:
        limit: How many calls may be under way at once; None for any number.
        rate: How many calls may begin in a period; None for any number.
    """

    limit: int | None = None
    rate: Rate | None = None


def quota_of(limit: object, rate: object, burst: object) -> Quota | None:
    """Return the quota that the arguments of ``@task`` ask for; None if they ask for none.

    Args:
        limit: How many calls may be under way at once.
        rate: A text such as ``"50/s"``.
        burst: How many calls of the rate may begin at once.

    Raises:
        OptionError: If an argument is of the wrong type or out of range.
    """
    if limit is not None and not _is_count(limit):
        raise OptionError(f"limit= takes a whole number of calls of at least 1, not {limit!r}.")
    if burst is not None and rate is None:
        raise OptionError("burst= says how many calls of a rate may begin at once; give rate= with it, such as '50/s'.")
    if limit is None and rate is None:
        return None
    return Quota(limit=limit, rate=None if rate is None else rate_of(rate, burst))


def rate_of(text: object, burst: object = None) -> Rate:
    """Return the rate that a text such as ``"50/s"`` describes.

    Args:
        text: A number of calls and a unit: s, min or h.
        burst: How many calls may begin at once; None for as many as the rate allows in ``BURST_SECONDS`` seconds, and 1 at least.

    Raises:
        OptionError: If the text is no rate, or the burst is not between 1 and the calls of the rate.
    """
    found = RATE_TEXT.fullmatch(text) if isinstance(text, str) else None
    # Python refuses to convert a text of thousands of digits. No such number is allowed anyway.
    calls = int(found[1]) if found is not None and len(found[1]) < 16 else 0
    if found is None or not 1 <= calls <= MOST_CALLS:
        raise OptionError(
            f"rate= takes a whole number of calls from 1 to {MOST_CALLS:,} and a time, as in '50/s', '100/min' or '1000/h', not {text!r}. "
            "For fewer than one call a second, take the minute or the hour."
        )
    period = PERIODS[found[2]]
    if burst is None:
        return Rate(calls=calls, period=period, burst=max(1, math.floor(calls * BURST_SECONDS / period)))
    if not _is_count(burst) or burst > calls:
        raise OptionError(
            f"burst= takes a whole number of calls from 1 to the {calls} that the rate {text!r} allows, not {burst!r}."
        )
    return Rate(calls=calls, period=period, burst=burst)


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
