"""Signals at chosen lines, so that tests do not depend on how fast a machine comes to them."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

__all__ = ["NEVER", "strike"]

NEVER = sys.maxsize
"""The number of a line that does not come."""


@contextmanager
def strike(
    first: int,
    *later: int,
    files: Sequence[str],
    begins: Callable[[FrameType], bool],
    number: int = signal.SIGINT,
) -> Iterator[Callable[[], int]]:
    """Raise a signal at the given lines, and yield what tells how many there were.

    Counted are lines of ``files``, given by parts of their names, from the call on for which ``begins`` is true; the first
    strike is counted from there, each other from the one before it.
    """
    seen, is_open = 0, False
    left = [first, *later]

    def trace_lines(frame: FrameType, event: str, arg: object) -> Any:
        nonlocal seen
        if event == "line":
            seen += 1
            if left:
                left[0] -= 1
                if left[0] <= 0:
                    del left[0]
                    signal.raise_signal(number)
        return trace_lines

    def trace_calls(frame: FrameType, event: str, arg: object) -> Any:
        nonlocal is_open
        is_open = is_open or begins(frame)
        is_counted = is_open and any(part in frame.f_code.co_filename for part in files)
        return trace_lines if is_counted else None

    before = sys.gettrace()
    sys.settrace(trace_calls)
    try:
        yield lambda: seen
    finally:
        sys.settrace(before)
