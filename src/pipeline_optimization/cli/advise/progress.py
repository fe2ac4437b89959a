"""A line on a terminal that shows how many runs are predicted. It appears if that takes more than a moment."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pipeline_optimization.cli.live_region import LiveRegion
from pipeline_optimization.cli.run.progress import INTERVAL, PATIENCE

__all__ = ["foreseen_line"]


@contextmanager
def foreseen_line(total: int, *, clock: Callable[[], float] = time.monotonic) -> Iterator[Callable[[], None]]:
    """Yield a function to call after each of ``total`` runs in virtual time. If standard error is no terminal, nothing is shown."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    done, due = 0, clock() + PATIENCE
    with LiveRegion() as region:

        def tick() -> None:
            nonlocal done, due
            done += 1
            now = clock()
            if now >= due:
                due = now + INTERVAL
                region.draw([f"{done:,} of {total:,} runs predicted"])

        yield tick
