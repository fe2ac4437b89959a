"""What a component may leave behind: threads, child processes, open descriptors."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from pipeline_optimization.testing.checks import require

__all__ = ["left_behind", "nothing_more"]

SETTLE = 2.0
"""Seconds for which threads and processes may go on after they were told to end."""


@frozen
class _Count:
    threads: int
    children: int
    descriptors: int

    @classmethod
    def now(cls) -> _Count:
        return cls(threading.active_count(), _children(), _descriptors())

    def beyond(self, before: _Count) -> list[str]:
        """Return what is more than before, in words."""
        differences = {
            "threads": self.threads - before.threads,
            "child processes": self.children - before.children,
            "descriptors": self.descriptors - before.descriptors,
        }
        return [f"{count} {name}" for name, count in differences.items() if count > 0]


def _children() -> int:
    """Return how many child processes there are, or 0 if the system does not tell."""
    try:
        return sum(len(path.read_text().split()) for path in Path("/proc/self/task").glob("*/children"))
    except OSError:
        return 0


def _descriptors() -> int:
    """Return how many descriptors this process has open, or 0 if the system does not tell."""
    try:
        return len(os.listdir("/proc/self/fd"))
    except OSError:
        return 0


@contextmanager
def nothing_more() -> Iterator[None]:
    """Fail the check if something is left behind that was not there before."""
    gc.collect()  # what is garbage now must not make room for something that is left behind
    before = _Count.now()
    yield
    left = left_behind(before)
    require(not left, f"Left behind: {', '.join(left)}.")


def left_behind(before: _Count) -> list[str]:
    """Return what is more than before, after it had time to end."""
    until = time.monotonic() + SETTLE
    while (left := _Count.now().beyond(before)) and time.monotonic() < until:
        time.sleep(0.02)
        gc.collect()  # only here, because a whole collection takes long in a large program
    return left
