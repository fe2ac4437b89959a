"""Whether the system starts more threads and processes, which it counts together."""

from __future__ import annotations

import threading

__all__ = ["startable"]


def startable(number: int) -> int:
    """Return how many of so many threads or processes the system would start now.

    It starts threads to see, and ends them: no limit tells how much of it is taken.
    """
    may_end = threading.Event()
    threads: list[threading.Thread] = []
    try:
        for _ in range(number):
            thread = threading.Thread(target=may_end.wait, name="anagram-probe", daemon=True)
            thread.start()
            threads.append(thread)
    except RuntimeError:
        pass
    finally:
        may_end.set()
        for thread in threads:
            thread.join()
    return len(threads)
