"""The worker processes of a run: each that dies is replaced, unless all of them do.

No signal strikes while the list of workers differs from the processes that there are: neither Ctrl-C nor a program's own
handler, which may raise as well. A worker that is not in the list would never be told to stop.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from multiprocessing.util import Finalize

from anagram_plugin_multiprocess.start_method import StartMethod
from anagram_plugin_multiprocess.worker_process import DEATH_PATIENCE, WorkerProcess
from pipeline_optimization.engine.late_closing import late_warning, warn
from pipeline_optimization.errors import WorkerStartError
from pipeline_optimization.signal_mask import stop_signals_blocked
from pipeline_optimization.types import Completion

__all__ = ["WorkerPool"]

MAX_START_DEATHS = 5
"""The number of workers that may die in a row before they are ready, as long as none has answered an attempt."""

MAX_LATER_DEATHS = 100
"""The same after an answer: then the set-up works, and something else kills them."""


STOP_PATIENCE = 5.0
"""Seconds that workers have to end when they are told that there is no more to do."""

FORCED_PATIENCE = 1.0
"""The same for idle workers when a run is given up. They end at once, but for what they have to close."""

BEFORE_MULTIPROCESSING = 100
"""Higher than the priority of multiprocessing's own handler at exit. That one sends SIGTERM to workers, which they leave to the
parent, and waits for ever."""


class WorkerPool:
    """Keeps ``size`` workers once it is open, or says why that cannot be."""

    def __init__(self, start_method: StartMethod, worker_init: bytes, size: int) -> None:
        self._start_method = start_method
        self._init = worker_init
        self._size = size
        self._workers: list[WorkerProcess] = []
        self._start_deaths, self._max_deaths = 0, MAX_START_DEATHS
        # Even if nobody closes the pool, no worker outlives it or keeps the program from ending.
        Finalize(self, _kill, args=(self._workers,), exitpriority=BEFORE_MULTIPROCESSING)

    def open(self, *, interruptible: Callable[[], AbstractContextManager[None]] = nullcontext) -> None:
        """Start the workers. Between two of them nothing is half done, so that a signal may strike."""
        try:
            while len(self._workers) < self._size:
                self._start()
                with interruptible():
                    pass
        except BaseException:
            self.close(force=True)
            raise

    def __iter__(self) -> Iterator[WorkerProcess]:
        return iter(self._workers)

    def note_answer(self) -> None:
        """Note that a worker has answered an attempt, which shows that the set-up works."""
        self._max_deaths = MAX_LATER_DEATHS

    def _start(self) -> None:
        while True:
            try:
                context, with_main = self._start_method.next()
                with stop_signals_blocked():
                    self._workers.append(WorkerProcess(context, self._init, with_main=with_main))
            except (EOFError, ConnectionError):
                self._note_start_death("they were gone before they could be told what to do")
            except OSError as error:
                if self._start_method.forgo_forks():
                    continue
                raise WorkerStartError(
                    f"The system starts no more worker processes: {error}. Ask for fewer: -o workers=N."
                ) from error
            else:
                return

    def replace(self, worker: WorkerProcess) -> Completion | None:
        """Kill a worker that may be dead already, start a new one, and return the loss of the attempt that the old one had, if any."""
        with stop_signals_blocked():
            worker.kill()
            pid, detail = str(worker.process.pid), worker.end()
            self._workers.remove(worker)
        if worker.is_ready:
            self._start_deaths = 0
        else:
            self._note_start_death(detail)
        self._start()
        if worker.attempt is None:
            return None
        return Completion(id=worker.attempt.id, status="lost", worker=pid, detail=detail)

    def _note_start_death(self, detail: str) -> None:
        self._start_deaths += 1
        if self._start_deaths >= self._max_deaths:
            raise WorkerStartError(
                f"{self._start_deaths} worker processes died before they were ready ({detail}); their messages are above."
            )

    def close(self, *, force: bool) -> None:
        """End all workers. Those that do not end in time are killed, and with ``force`` the busy ones at once. May be called again."""
        try:
            busy = [worker for worker in self._workers if force and not worker.is_idle]
            with stop_signals_blocked():
                for worker in busy:
                    worker.kill()
            self._ask_to_end([worker for worker in self._workers if worker not in busy], force=force)
        finally:
            _kill(self._workers)

    def _ask_to_end(self, workers: Sequence[WorkerProcess], *, force: bool) -> None:
        for worker in workers:
            worker.ask_to_end()
        patience = FORCED_PATIENCE if force else STOP_PATIENCE
        until = time.monotonic() + patience
        for worker in workers:
            worker.process.join(max(0.0, until - time.monotonic()))
        for worker in workers:
            if worker.process.is_alive() and (what := worker.unclosed()):
                warn(late_warning(what, patience, f"so the worker process {worker.process.pid} was killed"))


def _kill(workers: list[WorkerProcess]) -> None:
    """Kill the workers that live, and empty the list."""
    with stop_signals_blocked():
        for worker in workers:  # all of them first, so that they die side by side
            worker.kill()
        # One patience for all, since whatever keeps one from dying keeps the others from it, too.
        until = time.monotonic() + DEATH_PATIENCE
        while workers:
            workers[-1].end(patience=max(0.0, until - time.monotonic()))
            del workers[-1]
