"""Lets a grandchild, started by a fork server, burn one second of CPU time for each text."""

from __future__ import annotations

import multiprocessing
import time

from pipeline_optimization.benchmarks.anagrams.known_contenders.steady import TaskOrchestrator as Steady

__all__ = ["TaskOrchestrator", "burn"]


def burn() -> None:
    """Use one second of CPU time."""
    while time.process_time() < 1.0:
        pass


class TaskOrchestrator(Steady):
    """A fork server's children are not its own. Only CPU time that is added up along the whole tree includes them."""

    seconds = 0.0

    def work(self) -> None:
        process = multiprocessing.get_context("forkserver").Process(target=burn)
        process.start()
        process.join()
