"""Ends attempts between two pieces of their work, when the run does not wait for them any more.

Python cannot end a thread. So an attempt that runs in the parent's process, and takes long, asks between two pieces of its work whether
the run is over, and ends itself if it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from pipeline_optimization.engine.attempt_here import attempt_here

__all__ = ["CutShort", "IsOver", "cutting_point", "never", "sleep_unless_over"]

IsOver = Callable[[], bool]
"""Returns whether the run is over, so that it waits for no attempt any more. Any thread may call it."""

NAP = 0.25
"""Seconds after which an attempt that sleeps looks whether the run is over."""


class CutShort(BaseException):
    """Raised in an attempt whose run is over. It is no Exception, so that no ``except Exception`` in a task stops it."""


def never() -> bool:
    """Return False: the run is not over, as far as a caller without a run can know."""
    return False


def cutting_point() -> Callable[[], None]:
    """Return a function that a task calls between two pieces of its work.

    The function raises CutShort if the run of the present attempt is over. It may be called in any thread: a task that works in several
    threads gets it in its first thread and hands it to the others, which do not know the attempt.
    """
    attempt = attempt_here.get()
    is_over = never if attempt is None else attempt.is_over

    def look() -> None:
        if is_over():
            raise CutShort

    return look


def sleep_unless_over(seconds: float, is_over: IsOver) -> None:
    """Sleep, and look a few times a second whether the run is over.

    Args:
        seconds: How long to sleep.
        is_over: Returns whether the run is over.

    Raises:
        CutShort: If the run is over.
    """
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if is_over():
            raise CutShort
        time.sleep(min(left, NAP))
