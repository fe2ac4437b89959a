"""Keeps its own worker processes: ``ProcessPoolExecutor`` breaks as a whole when one dies, and cannot say whose."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from multiprocessing.connection import wait

from anagram_plugin_multiprocess.forking import SharedDescriptors
from anagram_plugin_multiprocess.pool import WorkerPool
from anagram_plugin_multiprocess.start_method import StartMethod
from anagram_plugin_multiprocess.worker_process import WorkerProcess
from pipeline_optimization.errors import WorkerStartError
from pipeline_optimization.plural import counted
from pipeline_optimization.processors import processors
from pipeline_optimization.thread_probe import startable
from pipeline_optimization.types import Attempt, Completion, OpenContext

__all__ = ["MultiprocessOrchestrator"]

HELPERS = 2
"""Processes beside the workers: the fork server and the resource tracker."""


class MultiprocessOrchestrator:
    """Runs attempts in worker processes, one attempt each at a time; a worker that dies is replaced."""

    def __init__(self, workers: int, start: str) -> None:
        self.slots = workers or processors()
        self._start = start
        self._descriptors = SharedDescriptors()
        self._may_fork = start == "auto" and self._descriptors.are_known
        self._start_method: StartMethod | None = None
        self._pool: WorkerPool | None = None
        self._waiting: deque[Attempt] = deque()
        self._started: Callable[[int], None] = lambda attempt_id: None

    def note_open(self) -> None:
        """Note that the files opened since this object was built are the run's, which its workers leave alone. From now on users' code may open files."""
        if self._may_fork:
            self._descriptors.note_files()

    def open(self, context: OpenContext) -> None:
        may_fork = self._may_fork and self._descriptors.are_known
        self._start_method = StartMethod(self._start, context.worker_init, may_fork=may_fork)
        _look_for_room(self.slots + HELPERS)
        self._started = context.started
        self._pool = WorkerPool(self._start_method, context.worker_init, self.slots)
        self._pool.open(interruptible=context.interruptible)
        self._descriptors.note_all()  # the pipes of the workers: nothing else was opened meanwhile

    def submit(self, attempt: Attempt) -> None:
        self._waiting.append(attempt)
        self._hand_out()

    def _hand_out(self) -> None:
        for worker in self._pool or ():
            if self._waiting and worker.is_idle:
                attempt = self._waiting.popleft()
                self._started(attempt.id)
                worker.send(attempt)

    def poll(self, timeout: float) -> Sequence[Completion]:
        if self._pool is None:
            return []
        by_connection = {worker.connection: worker for worker in self._pool}
        completions = []
        for connection in wait(list(by_connection), timeout):
            worker = by_connection[connection]  # type: ignore[index]  # wait() returns what it was given
            try:
                completion = worker.receive()
            except EOFError:
                completion = self._replace(self._pool, worker)
            if completion is not None:
                completions.append(completion)
                if completion.status == "done":
                    self._pool.note_answer()
        self._hand_out()
        return completions

    def cancel(self, attempt_id: int) -> bool:
        """Call off an attempt, with the process that runs it."""
        self._waiting = deque(attempt for attempt in self._waiting if attempt.id != attempt_id)
        for worker in list(self._pool or ()):
            if self._pool is not None and worker.attempt is not None and worker.attempt.id == attempt_id:
                self._replace(self._pool, worker)
        return True

    def _replace(self, pool: WorkerPool, worker: WorkerProcess) -> Completion | None:
        """Start a worker in the place of another one. It is no copy of this process if the program has opened anything since the last start."""
        if self._start_method is not None and not self._descriptors.are_known:
            self._start_method.forgo_forks()
        completion = pool.replace(worker)
        self._descriptors.note_all()
        return completion

    def close(self, *, force: bool) -> None:
        self._waiting.clear()
        if self._pool is not None:
            self._pool.close(force=force)
            self._pool = None  # not earlier: if something interrupts closing, it can be called once more


def _look_for_room(number: int) -> None:
    """Raise WorkerStartError if the system does not start this number of processes now. Else the fork server would die with a traceback."""
    room = startable(number)
    if room < number:
        workers = max(0, room - HELPERS)
        advice = (
            f"Ask for fewer: -o workers={workers}." if workers else "Use --orchestrator sequential, which needs none."
        )
        raise WorkerStartError(
            f"The system starts only {counted(room, 'more process', 'more processes')}, and {number - HELPERS} workers with "
            f"their helpers are {number}. {advice}"
        )
