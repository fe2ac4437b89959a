"""Attempts that end between two pieces of their work, once nobody waits for their result any more."""

from __future__ import annotations

import time
from collections.abc import Callable

from pipeline_optimization.engine.attempt_here import attempt_here

__all__ = ["CutShort", "IsOver", "cutting_point", "never", "sleep_unless_over"]

IsOver = Callable[[], bool]
"""Tells, in any thread, whether a run waits for no attempt any more."""

NAP = 0.25
"""Seconds of sleep after which an attempt looks whether the run is over."""


class CutShort(BaseException):
    """Ends an attempt whose run is over. No Exception, so that no task takes it for a failure of its own."""


def never() -> bool:
    """Tell that a run is not over, for who cannot know."""
    return False


def cutting_point() -> Callable[[], None]:
    """Return a function that raises CutShort if the run is over of the attempt that runs here.

    It may be called in any thread: a task that uses several gets it once and hands it on.
    """
    attempt = attempt_here.get()
    is_over = never if attempt is None else attempt.is_over

    def look() -> None:
        if is_over():
            raise CutShort

    return look


def sleep_unless_over(seconds: float, is_over: IsOver) -> None:
    """Sleep, and raise CutShort when the run is over."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if is_over():
            raise CutShort
        time.sleep(min(left, NAP))
