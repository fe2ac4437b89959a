"""An observer that kills workers in the middle of a run."""

from __future__ import annotations

import os
import signal
from collections import Counter
from contextlib import suppress

from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import ItemFinished, TaskFailed

MANY = 3
"""Times ``every`` answers, in which an item that runs alone would have been among them."""


class Killer:
    """Kills workers with SIGKILL, each after at least ``every`` attempts that named their workers.

    The worker that has just answered is killed: it has its next attempt in hand by then. An element that failed within a bundle is
    finished without a worker, so the next item that names one is awaited. Nobody is killed while an item that has lost
    two workers runs alone: an item that loses a third is poison, whoever killed it. A bundle that lost two is split and never
    finished itself: many answers of others tell that. Workers must call themselves by their pid, or by host and pid.
    """

    def __init__(self, kills: int, *, every: int) -> None:
        self.left = kills
        self.killed: list[str] = []
        self.lost: list[TaskFailed] = []
        self._every = every
        self._since = 0
        self._losses: Counter[str] = Counter()

    @hookimpl
    def anagram_task_failed(self, event: TaskFailed) -> None:
        if event.kind == "lost":
            self.lost.append(event)
            self._losses[event.item] += 1

    @hookimpl
    def anagram_item_finished(self, event: ItemFinished) -> None:
        self._losses.pop(event.item, None)
        if not event.worker:
            return
        self._since += 1
        if self._since >= MANY * self._every:
            self._losses.clear()
        is_sparing = any(losses >= 2 for losses in self._losses.values())
        if self.left and not is_sparing and self._since >= self._every:
            self.left -= 1
            self._since = 0
            self.killed.append(event.worker)
            with suppress(ProcessLookupError):  # the same one twice, before anybody noticed
                os.kill(int(event.worker.rpartition(":")[2]), signal.SIGKILL)
