"""Keeps its own worker processes: ``ProcessPoolExecutor`` breaks as a whole when one dies, and cannot say whose."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from multiprocessing import get_all_start_methods, get_context, resource_tracker
from multiprocessing.connection import wait

from anagram_plugin_multiprocess.worker_process import WorkerProcess
from pipeline_optimization.errors import WorkerStartError
from pipeline_optimization.processors import processors
from pipeline_optimization.types import Attempt, Completion, OpenContext

__all__ = ["MultiprocessOrchestrator"]

MAX_START_DEATHS = 5
"""Workers that may die in a row before they are ready, until one has answered an attempt."""

MAX_LATER_DEATHS = 100
"""The same from then on: the set-up works, so somebody else kills them."""


class MultiprocessOrchestrator:
    """Runs attempts in worker processes, one attempt each at a time; a worker that dies is replaced."""

    def __init__(self, workers: int, start: str) -> None:
        self.slots = workers or processors()
        method = ("forkserver" if "forkserver" in get_all_start_methods() else "spawn") if start == "auto" else start
        self._context = get_context(method)
        self._workers: list[WorkerProcess] = []
        self._waiting: deque[Attempt] = deque()
        self._init = b""
        self._started: Callable[[int], None] = lambda attempt_id: None
        self._start_deaths, self._max_deaths = 0, MAX_START_DEATHS

    def open(self, context: OpenContext) -> None:
        if self._context.get_start_method() != "fork" and os.name == "posix":
            # Before any worker: starting the tracker would unblock SIGINT in the middle of a worker's start.
            resource_tracker.ensure_running()
        self._init = context.worker_init
        self._started = context.started
        self._start_deaths, self._max_deaths = 0, MAX_START_DEATHS
        self._workers = [self._start_worker() for _ in range(self.slots)]

    def _start_worker(self) -> WorkerProcess:
        try:
            return WorkerProcess(self._context, self._init)
        except (OSError, EOFError) as error:
            raise WorkerStartError(
                f"The system starts no more worker processes: {type(error).__name__} {error}. Ask for fewer: -o workers=N."
            ) from error

    def submit(self, attempt: Attempt) -> None:
        self._waiting.append(attempt)
        self._hand_out()

    def _hand_out(self) -> None:
        for worker in self._workers:
            if self._waiting and worker.is_idle:
                attempt = self._waiting.popleft()
                self._started(attempt.id)
                worker.send(attempt)

    def poll(self, timeout: float) -> Sequence[Completion]:
        by_connection = {worker.connection: worker for worker in self._workers}
        completions = []
        for connection in wait(list(by_connection), timeout):
            worker = by_connection[connection]  # type: ignore[index]  # wait() returns what it was given
            try:
                completion = worker.receive()
            except EOFError:
                completion = self._replace(worker)
            if completion is not None:
                completions.append(completion)
                self._max_deaths = MAX_LATER_DEATHS
        self._hand_out()
        return completions

    def _replace(self, worker: WorkerProcess) -> Completion | None:
        """Start a new worker for a dead one, and report the attempt that died with it."""
        pid, detail = str(worker.process.pid), worker.end(kill=True)
        self._start_deaths = 0 if worker.is_ready else self._start_deaths + 1
        if self._start_deaths >= self._max_deaths:
            raise WorkerStartError(
                f"{self._start_deaths} worker processes died before they were ready ({detail}); their messages are above. "
                "A script that counts must do so under: if __name__ == '__main__':"
            )
        self._workers[self._workers.index(worker)] = self._start_worker()
        if worker.attempt is None:
            return None
        return Completion(id=worker.attempt.id, status="lost", worker=pid, detail=detail)

    def cancel(self, attempt_id: int) -> bool:
        """Call off an attempt, with the process that runs it."""
        self._waiting = deque(attempt for attempt in self._waiting if attempt.id != attempt_id)
        for worker in self._workers:
            if worker.attempt is not None and worker.attempt.id == attempt_id:
                self._replace(worker)
        return True

    def close(self, *, force: bool) -> None:
        self._waiting.clear()
        workers, self._workers = self._workers, []
        for worker in workers:
            worker.end(kill=force)
