"""How far a foresight is: a line on a terminal, for those of more than a moment."""

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
    """Yield what is to be called after each run in virtual time, of which there are ``total``. Nothing is shown where errors are piped."""
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
                region.draw([f"{done:,} of {total:,} runs foreseen"])

        yield tick
