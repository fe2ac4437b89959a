"""The worker processes of a run: each that dies is replaced, unless all of them do."""

from __future__ import annotations

from collections.abc import Iterator
from multiprocessing.context import BaseContext

from anagram_plugin_multiprocess.worker_process import WorkerProcess
from pipeline_optimization.errors import WorkerStartError
from pipeline_optimization.types import Completion

__all__ = ["WorkerPool"]

MAX_START_DEATHS = 5
"""Workers that may die in a row before they are ready, until one has answered an attempt."""

MAX_LATER_DEATHS = 100
"""The same from then on: the set-up works, so somebody else kills them."""


class WorkerPool:
    """Keeps ``size`` workers, or says why that cannot be."""

    def __init__(self, context: BaseContext, worker_init: bytes, size: int) -> None:
        self._context = context
        self._init = worker_init
        self._workers: list[WorkerProcess] = []
        self._start_deaths, self._max_deaths = 0, MAX_START_DEATHS
        try:
            while len(self._workers) < size:
                self._start()
        except BaseException:
            self.close(force=True)
            raise

    def __iter__(self) -> Iterator[WorkerProcess]:
        return iter(self._workers)

    def note_answer(self) -> None:
        """Note that a worker answered an attempt, so that the set-up is known to work."""
        self._max_deaths = MAX_LATER_DEATHS

    def _start(self) -> None:
        while True:
            try:
                self._workers.append(WorkerProcess(self._context, self._init))
            except (EOFError, ConnectionError):
                self._note_start_death("they were gone before they could be told what to do")
            except OSError as error:
                raise WorkerStartError(
                    f"The system starts no more worker processes: {error}. Ask for fewer: -o workers=N."
                ) from error
            else:
                return

    def replace(self, worker: WorkerProcess) -> Completion | None:
        """Start a new worker for one that is dead or shall be, and return the loss of the attempt that it had."""
        self._workers.remove(worker)
        pid, detail = str(worker.process.pid), worker.end(kill=True)
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
                f"{self._start_deaths} worker processes died before they were ready ({detail}); their messages are above. "
                "A script that counts must do so under: if __name__ == '__main__':"
            )

    def close(self, *, force: bool) -> None:
        """End all workers; with ``force`` kill them."""
        workers, self._workers = self._workers, []
        for worker in workers:
            worker.end(kill=force)
