"""What a scarce service allows: how many calls at once, and how many in a period."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TypeGuard

from attrs import frozen

from pipeline_optimization.errors import OptionError

__all__ = ["Quota", "Rate", "quota_of", "rate_of"]

PERIODS: Mapping[str, float] = {"s": 1.0, "min": 60.0, "h": 3600.0}
"""Seconds by the unit of a rate."""

MOST_CALLS = 1_000_000
"""Calls of one period, whose starts are remembered."""

AT_ONCE = 0.1
"""Seconds whose calls may begin at once where nobody says how many: so a wake-up that comes a little late costs nothing."""

RATE = re.compile(r"\s*(\d+)\s*/\s*(s|min|h)\s*", re.ASCII)


@frozen(kw_only=True)
class Rate:
    """At most ``calls`` begin in any ``period``, in seconds, spread evenly but for ``burst`` of them that may begin at once."""

    calls: int
    period: float
    burst: int

    @property
    def interval(self) -> float:
        """Return the seconds from one call to the next where they are spread evenly."""
        return self.period / self.calls


@frozen(kw_only=True, eq=False)
class Quota:
    """``limit`` calls may be under way at once, and begin at a ``rate``; None is no bound. Tasks that share the object share what it allows."""

    limit: int | None = None
    rate: Rate | None = None


def quota_of(limit: object, rate: object, burst: object) -> Quota | None:
    """Return the quota that a task's arguments ask for, None where they ask for none. Raises OptionError for wrong ones."""
    if limit is not None and not _is_count(limit):
        raise OptionError(f"limit= takes a whole number of calls of at least 1, not {limit!r}.")
    if burst is not None and rate is None:
        raise OptionError("burst= says how many calls of a rate may begin at once; give rate= with it, such as '50/s'.")
    if limit is None and rate is None:
        return None
    return Quota(limit=limit, rate=None if rate is None else rate_of(rate, burst))


def rate_of(text: object, burst: object = None) -> Rate:
    """Return the rate that a text such as ``"50/s"`` says. Raises OptionError for one that says none, and for a wrong burst."""
    found = RATE.fullmatch(text) if isinstance(text, str) else None
    calls = int(found[1]) if found is not None and len(found[1]) < 16 else 0
    if found is None or not 1 <= calls <= MOST_CALLS:
        raise OptionError(
            f"rate= takes a whole number of calls from 1 to {MOST_CALLS:,} and a time, as in '50/s', '100/min' or '1000/h', not {text!r}. "
            "For fewer than one call a second, take the minute or the hour."
        )
    period = PERIODS[found[2]]
    if burst is None:
        return Rate(calls=calls, period=period, burst=max(1, math.floor(calls * AT_ONCE / period)))
    if not _is_count(burst) or burst > calls:
        raise OptionError(
            f"burst= takes a whole number of calls from 1 to the {calls} that the rate {text!r} allows, not {burst!r}."
        )
    return Rate(calls=calls, period=period, burst=burst)


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
