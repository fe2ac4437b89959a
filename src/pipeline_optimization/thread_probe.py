"""Whether the system starts more threads and processes, which it counts together."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Set as AbstractSet

__all__ = ["startable"]

PATIENCE = 1.0


def startable(number: int) -> int:
    """Return how many threads or processes, of the number that is asked for, the system would start now.

    It starts threads to see, and ends them: no limit tells how much of it is taken.
    """
    may_end = threading.Event()
    threads: list[threading.Thread] = []
    try:
        for _ in range(number):
            # It is listed first: a signal's handler that raises behind the start must not leave a thread that nobody waits for.
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
    """Wait until the system counts these threads no more, which is a moment after Python takes them as ended."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            if threads.isdisjoint(os.listdir("/proc/self/task")):
                return
        except OSError:  # only Linux tells
            return
        time.sleep(0.001)
