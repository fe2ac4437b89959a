"""How long an error asks to wait before the next attempt: by the exception ``RetryAfter``, or by an HTTP header of this name.

This is read in the worker, where the exception still has its response. The error that travels to the parent has only the number.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Iterator

from pipeline_optimization.errors import RetryAfter

__all__ = ["asked_delay", "delay_in"]

MOST_ERRORS = 10
"""How many of the errors that led to one are looked at. A chain of causes may lead back to its beginning, and a group may have any number."""


def asked_delay(error: BaseException) -> float | None:
    """Return how many seconds an error asks to wait before the next attempt; None if it asks for nothing.

    The errors that led to it count, too, as a traceback shows them: functions often catch a client's error and raise one of their own, or a
    group of several. The first one that asks counts.
    HTTP clients are recognised by the attributes of their errors, so that none of them is imported: ``error.response.headers`` (httpx,
    requests) or ``error.headers`` (urllib, aiohttp).
    """
    for one in _errors_shown(error):
        try:
            if isinstance(one, RetryAfter):
                return one.seconds
            # An error of httpx or requests has its headers in the response. If no response came, ``response`` is None, and there are no headers.
            delay = delay_in(getattr(getattr(one, "response", one), "headers", None))
        except Exception:  # noqa: BLE001, S112 - the attributes of a user's or a client's error may raise anything
            continue
        if delay is not None:
            return delay
    return None


def _errors_shown(error: BaseException) -> Iterator[BaseException]:
    """Yield the errors that the traceback of an error shows, from the error itself to those that led to it."""
    found = deque([error])
    for _ in range(MOST_ERRORS):
        if not found:
            return
        one = found.popleft()
        yield one
        if isinstance(one, BaseExceptionGroup):
            found += one.exceptions
        # Compared with None, since an exception may be false: its class may have a length, for example.
        cause = one.__context__ if one.__cause__ is None and not one.__suppress_context__ else one.__cause__
        if cause is not None:
            found.append(cause)


def delay_in(headers: object) -> float | None:
    """Return the seconds that the header ``Retry-After`` asks for, by a number or a date; None if there is no such header."""
    get = getattr(headers, "get", None)
    if not callable(get):
        return None
    asked = get("Retry-After")
    if not isinstance(asked, str):
        return None
    if asked.strip().isascii() and asked.strip().isdecimal():
        seconds = float(asked)
        return seconds if math.isfinite(seconds) else None
    try:
        return _until(asked, get("Date"))
    except (ValueError, TypeError, OverflowError):
        return None


def _until(asked: str, date: object) -> float:
    """Return the seconds until the HTTP date ``asked``. Raises ValueError if it is no date.

    They count from the server's own ``date``, if the response has one, since its clock and this machine's may differ.
    """
    due = _seconds_at(asked)
    try:
        now = _seconds_at(date) if isinstance(date, str) else time.time()
    except ValueError:
        now = time.time()
    return max(0.0, due - now)


def _seconds_at(date: str) -> float:
    """Return the seconds from 1970 to an HTTP date. Raises ValueError if it is no date."""
    from datetime import UTC  # noqa: PLC0415 - for answers that name a date only
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - likewise

    moment = parsedate_to_datetime(date)
    # RFC 9110, 5.6.7: all HTTP dates are in UTC, and the form of C's asctime names no time zone.
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
