"""Keeps its own worker processes: ``ProcessPoolExecutor`` breaks as a whole when one dies, and cannot say whose."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from multiprocessing.connection import wait

from anagram_plugin_multiprocess.forking import shares_nothing
from anagram_plugin_multiprocess.pool import WorkerPool
from anagram_plugin_multiprocess.start_method import StartMethod
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
        # Asked before the run opens anything: what it opens itself, its workers leave alone.
        self._may_fork = start == "auto" and shares_nothing()
        self._pool: WorkerPool | None = None
        self._waiting: deque[Attempt] = deque()
        self._started: Callable[[int], None] = lambda attempt_id: None

    def open(self, context: OpenContext) -> None:
        start_method = StartMethod(self._start, context.worker_init, may_fork=self._may_fork)
        _look_for_room(self.slots + HELPERS)
        self._started = context.started
        self._pool = WorkerPool(start_method, context.worker_init, self.slots)
        self._pool.open(interruptible=context.interruptible)

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
                completion = self._pool.replace(worker)
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
                self._pool.replace(worker)
        return True

    def close(self, *, force: bool) -> None:
        self._waiting.clear()
        if self._pool is not None:
            self._pool.close(force=force)
            self._pool = None  # not before: whatever interrupts closing, it can be called once more


def _look_for_room(number: int) -> None:
    """Raise WorkerStartError if the system starts fewer processes now: the fork server would die of it with a traceback."""
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
