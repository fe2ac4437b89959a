"""The pool of ``multiprocess`` ends its workers in bounded time, whatever keeps them from dying."""

from __future__ import annotations

import errno
import os
from multiprocessing import get_context
from multiprocessing.process import BaseProcess

import pytest

from anagram_plugin_multiprocess import pool as pool_module
from anagram_plugin_multiprocess import start_method
from anagram_plugin_multiprocess.pool import WorkerPool
from anagram_plugin_multiprocess.start_method import StartMethod
from anagram_plugin_multiprocess.worker_process import DEATH_PATIENCE
from pipeline_optimization.anagrams.stages import build_stages
from pipeline_optimization.engine.faults import FaultPlan
from pipeline_optimization.engine.worker import WorkerSetup


class Time:
    """Passes only while somebody waits for a process."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


def test_workers_are_waited_for_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """What keeps one from dying, such as a fork server that hangs, keeps the others, too: nobody waits for each in turn."""
    setup = WorkerSetup(build=build_stages, argument=None, faults=FaultPlan())
    pool = WorkerPool(StartMethod("spawn", setup.to_bytes()), setup.to_bytes(), 3)
    pool.open()
    processes = [worker.process for worker in pool]
    join, time = BaseProcess.join, Time()
    waits: list[float] = []

    def hang(process: BaseProcess, timeout: float | None = None) -> None:
        assert timeout is not None
        waits.append(timeout)
        time.now += timeout
        join(process)

    monkeypatch.setattr(pool_module, "time", time)
    monkeypatch.setattr(BaseProcess, "join", hang)
    pool.close(force=True)
    assert len(waits) == len(processes) == 3
    assert sum(waits) == DEATH_PATIENCE


@pytest.mark.skipif(os.name != "posix", reason="forks nothing")
def test_a_process_that_cannot_be_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system refuses to fork a process, such as for the memory that it holds, its workers come from a fork server."""

    def refuse() -> int:
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))

    monkeypatch.setattr(start_method, "is_single_threaded", lambda: True)
    monkeypatch.setattr(os, "fork", refuse)
    setup = WorkerSetup(build=build_stages, argument=None, faults=FaultPlan()).to_bytes()
    pool = WorkerPool(StartMethod("auto", setup, may_fork=True), setup, 1)
    pool.open()
    try:
        (worker,) = pool
        assert isinstance(worker.process, get_context("forkserver").Process)
    finally:
        pool.close(force=True)
