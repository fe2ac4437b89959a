"""Asks the library's strategies how long to wait, when to stop, and what to retry."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from random import Random

from tenacity import BaseRetrying, RetryCallState
from tenacity.stop import StopBaseT

from pipeline_optimization.types import ErrorRecord

__all__ = ["TenacityPolicy"]


class TenacityPolicy:
    """A ``Retrying`` object that is only asked. The engine waits, counts and calls.

    ``stops`` are its stop strategies that count attempts. Time is left to ``deadline``, since only the engine knows when an
    attempt ran. ``retried`` says which errors are retried.
    """

    def __init__(
        self,
        retrying: BaseRetrying,
        *,
        stops: Sequence[StopBaseT],
        retried: Callable[[ErrorRecord], bool],
        deadline: float | None,
        budget: int | None,
    ) -> None:
        self.deadline = deadline
        self.budget = budget
        self._retrying = retrying
        self._stops = stops
        self._retried = retried

    def __repr__(self) -> str:
        return f"<tenacity policy {self._retrying!r}>"

    def delays(self, rng: Random) -> Iterator[float]:
        state = RetryCallState(self._retrying, fn=None, args=(), kwargs={})
        while True:
            # The library's order: it asks for the wait first, even if it stops then.
            with drawing_from(rng):
                delay = max(0.0, float(self._retrying.wait(state)))
            state.upcoming_sleep = delay
            if any(stop(state) for stop in self._stops):
                return
            yield delay
            state.idle_for += delay
            state.prepare_for_next_attempt()

    def retries(self, error: ErrorRecord) -> bool:
        return self._retried(error)


@contextmanager
def drawing_from(rng: Random) -> Iterator[None]:
    """Make the module ``random``, from which the library's strategies draw, continue the sequence of ``rng``.

    Other threads that draw from the module meanwhile get numbers of that sequence, too. The engine asks from one thread.
    """
    outside = random.getstate()
    random.setstate(rng.getstate())
    try:
        yield
    finally:
        rng.setstate(random.getstate())
        random.setstate(outside)
