"""An observer that kills workers in the middle of a run."""

from __future__ import annotations

import os
import signal
from collections import Counter
from contextlib import suppress

from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import ItemFinished, TaskFailed


class Killer:
    """Kills with SIGKILL the worker of every so-and-so-many-th finished item, which has its next attempt in hand by then.

    It spares everybody while an item that has lost two workers runs alone: an item that loses a third is poison, whoever
    killed it. Workers must call themselves by host and pid.
    """

    def __init__(self, kills: int, *, every: int) -> None:
        self.left = kills
        self.killed: list[str] = []
        self._every = every
        self._seen = 0
        self._losses: Counter[str] = Counter()

    @hookimpl
    def anagram_task_failed(self, event: TaskFailed) -> None:
        if event.kind == "lost":
            self._losses[event.item] += 1

    @hookimpl
    def anagram_item_finished(self, event: ItemFinished) -> None:
        self._losses.pop(event.item, None)
        self._seen += 1
        is_sparing = any(losses >= 2 for losses in self._losses.values())
        if self.left and not is_sparing and self._seen % self._every == 0:
            self.left -= 1
            self.killed.append(event.worker)
            with suppress(ProcessLookupError):  # the same one twice, before anybody noticed
                os.kill(int(event.worker.rpartition(":")[2]), signal.SIGKILL)
