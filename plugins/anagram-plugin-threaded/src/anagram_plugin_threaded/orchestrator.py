"""Threads that take attempts from one queue and put completions on another."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from queue import SimpleQueue

from pipeline_optimization.engine.cutting import CutShort
from pipeline_optimization.engine.inbox import Inbox
from pipeline_optimization.engine.worker import Worker
from pipeline_optimization.errors import ResourceError
from pipeline_optimization.types import Attempt, Completion, OpenContext

__all__ = ["ThreadedOrchestrator"]

GRACE = 0.5
"""Seconds that a forced close waits for threads that compute, which can end between two pieces of their work.

Those that do not are left to end with the program.
"""


class _Pool:
    """The queues, the threads and the stop signal of one run. Each run has its own, so that no late thread of an earlier one reaches them."""

    def __init__(self, slots: int, context: OpenContext) -> None:
        self.todo: SimpleQueue[int | None] = SimpleQueue()
        self.waiting: dict[int, Attempt] = {}
        self.done = Inbox()
        self.stop = threading.Event()
        self.worker = Worker(context.worker_init)
        self._started = context.started
        self._is_over = context.is_over
        # Daemons: after Ctrl-C, a thread that computes must not keep the program from ending.
        self.threads = [threading.Thread(target=self._work, name=f"anagram-{n}", daemon=True) for n in range(slots)]
        try:
            for thread in self.threads:
                thread.start()
        except RuntimeError as error:
            for _ in self.threads:
                self.todo.put(None)  # so that the threads that have started end
            raise ResourceError(f"The system starts no more threads: {error}. Ask for fewer: -o workers=N.") from error

    def _work(self) -> None:
        try:
            self._run_attempts()
        finally:
            self.worker.close_thread()

    def _run_attempts(self) -> None:
        while (number := self.todo.get()) is not None:
            # Either this thread removes it from the dictionary and runs it, or cancel() does and calls it off.
            attempt = self.waiting.pop(number, None)
            if attempt is None:
                continue
            self._started(number)
            name = threading.current_thread().name
            try:
                # It sleeps in the event's wait, so that a simulated latency ends at once when the run is given up.
                answer = self.worker.run_attempt(attempt.payload, sleep=self.stop.wait, is_over=self._is_given_up)
                completion = Completion(id=attempt.id, status="done", payload=answer, worker=name)
            except CutShort:
                completion = Completion(id=attempt.id, status="lost", worker=name, detail="the run was over")
            self.done.put(completion)

    def _is_given_up(self) -> bool:
        return self.stop.is_set() or self._is_over()


class ThreadedOrchestrator:
    """Runs attempts in ``slots`` threads, which share one worker object."""

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self._pool: _Pool | None = None

    def open(self, context: OpenContext) -> None:
        self._pool = _Pool(self.slots, context)

    def submit(self, attempt: Attempt) -> None:
        if self._pool is not None:
            self._pool.waiting[attempt.id] = attempt
            self._pool.todo.put(attempt.id)

    def poll(self, timeout: float) -> Sequence[Completion]:
        if self._pool is None:
            return []
        return self._pool.done.take(timeout)

    def cancel(self, attempt_id: int) -> bool:
        return self._pool is None or self._pool.waiting.pop(attempt_id, None) is not None

    def close(self, *, force: bool) -> None:
        pool, self._pool = self._pool, None
        if pool is None:
            return
        if force:
            pool.stop.set()
            while not pool.todo.empty():
                pool.todo.get_nowait()
        for _ in pool.threads:
            pool.todo.put(None)
        patience = time.monotonic() + GRACE
        for thread in pool.threads:
            thread.join(timeout=max(0.0, patience - time.monotonic()) if force else None)
        pool.worker.close()
