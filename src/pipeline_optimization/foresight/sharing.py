"""Attempts that compute side by side on fewer cores: each gets an equal share (processor sharing).

A share that all have in common needs one number: how much each has been served since the start. An attempt ends when that has grown by what
the attempt takes, so that a heap tells which one is next (the fair queueing of Demers, Keshav and Shenker, SIGCOMM 1989, uses the same).
"""

from __future__ import annotations

import heapq
import math
from itertools import count
from typing import Generic, TypeVar

__all__ = ["SharedCores"]

Job = TypeVar("Job")


class SharedCores(Generic[Job]):
    """Serves jobs on ``cores`` cores, one on each at most. ``busy`` is how many seconds of cores were used."""

    def __init__(self, cores: float) -> None:
        self._cores = cores
        self._served = 0.0
        self._ends: list[tuple[float, int, Job]] = []
        self._order = count()
        self.busy = 0.0

    def __len__(self) -> int:
        return len(self._ends)

    def add(self, job: Job, seconds: float) -> None:
        """Begin with a job that takes ``seconds`` of a core."""
        heapq.heappush(self._ends, (self._served + seconds, next(self._order), job))

    def rate(self, others: int = 0) -> float:
        """Return what share of a core each has, where ``others`` more want one as well."""
        number = len(self._ends) + others
        return 1.0 if number <= self._cores else self._cores / number

    def next_end(self, others: int = 0) -> float:
        """Return in how many seconds the next job is done; infinite where there is none."""
        return max(0.0, self._ends[0][0] - self._served) / self.rate(others) if self._ends else math.inf

    def pass_time(self, seconds: float, others: int = 0) -> None:
        """Serve all for ``seconds``, in which none of them ends before the last moment."""
        if self._ends and seconds > 0:
            share = seconds * self.rate(others)
            self._served += share
            self.busy += share * len(self._ends)

    def take(self) -> Job:
        """Take out the job that is done."""
        end, _, job = heapq.heappop(self._ends)
        self._served = max(self._served, end)
        return job
