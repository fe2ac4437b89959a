"""A check whether the system starts more threads and processes. It counts both together."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Set as AbstractSet

__all__ = ["startable"]

PATIENCE = 1.0


def startable(number: int) -> int:
    """Return how many of ``number`` threads or processes the system would start now.

    It starts threads to find out, and ends them, because a limit does not tell how much of it is used.
    """
    may_end = threading.Event()
    threads: list[threading.Thread] = []
    try:
        for _ in range(number):
            # It is listed before it starts. If a signal's handler raises right after the start, the thread is still joined.
            threads.append(threading.Thread(target=may_end.wait, name="anagram-probe", daemon=True))
            threads[-1].start()
    except RuntimeError:
        pass
    finally:
        may_end.set()
        started = [thread for thread in threads if thread.ident is not None]
        for thread in started:
            thread.join()
        _await_system({str(thread.native_id) for thread in started})
    return len(started)


def _await_system(threads: AbstractSet[str]) -> None:
    """Wait until the system does not count these threads any more, which is a moment after Python takes them as ended."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            if threads.isdisjoint(os.listdir("/proc/self/task")):
                return
        except OSError:  # only Linux tells
            return
        time.sleep(0.001)
