"""How long an error asks to be left alone: what ``RetryAfter`` says, or the HTTP header of that name in what a client raised."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

from pipeline_optimization.errors import RetryAfter

__all__ = ["asked_delay", "delay_in"]

LINKS = 10
"""Errors that are looked at along the chain of causes, which may be a ring."""


def asked_delay(error: BaseException) -> float | None:
    """Return the seconds that an error, or one that is its cause, asks to wait before another attempt; None where it asks for nothing.

    Clients are known by what their errors have, so that none is imported: ``error.response.headers`` (httpx, requests) or
    ``error.headers`` (urllib, aiohttp).
    """
    for one in _chain(error):
        if isinstance(one, RetryAfter):
            return one.seconds
        try:
            delay = delay_in(getattr(getattr(one, "response", one), "headers", None))
        except Exception:  # noqa: BLE001, S112 - whatever an object does that only looks like a client's error
            continue
        if delay is not None:
            return delay
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    one: BaseException | None = error
    for _ in range(LINKS):
        if one is None:
            return
        yield one
        one = one.__cause__


def delay_in(headers: object) -> float | None:
    """Return the seconds that the header ``Retry-After`` asks for, as a number or as a date; None where it is neither."""
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
    """Return the seconds until an HTTP date, from the server's own ``date`` if it tells one: its clock and ours may differ.

    Raises ValueError for what is no date.
    """
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - for answers that name a date only

    due = parsedate_to_datetime(asked).timestamp()
    try:
        now = parsedate_to_datetime(date).timestamp() if isinstance(date, str) else time.time()
    except ValueError:
        now = time.time()
    return max(0.0, due - now)
