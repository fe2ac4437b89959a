"""The orchestrator ``sequential`` runs one attempt after another, in the calling thread."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

from pipeline_optimization.engine.cutting import CutShort, IsOver, never, sleep_unless_over
from pipeline_optimization.engine.worker import Worker
from pipeline_optimization.types import Attempt, Completion, NoOptions, OpenContext

__all__ = ["SequentialOrchestrator"]


class SequentialOrchestrator:
    """Runs one attempt in each ``poll``. It is the reference for all other orchestrators."""

    slots = 1

    def __init__(self, options: NoOptions | None = None) -> None:
        self._worker: Worker | None = None
        self._waiting: deque[Attempt] = deque()
        self._torn: Completion | None = None
        self._started: Callable[[int], None] = lambda attempt_id: None
        self._interruptible: Callable[[], AbstractContextManager[None]] = nullcontext
        self._is_over: IsOver = never

    def open(self, context: OpenContext) -> None:
        self._worker = Worker(context.worker_init, name="main")
        self._started = context.started
        self._interruptible = context.interruptible
        self._is_over = context.is_over

    def submit(self, attempt: Attempt) -> None:
        self._waiting.append(attempt)

    def poll(self, timeout: float) -> Sequence[Completion]:
        if self._torn is not None:
            torn, self._torn = self._torn, None
            return [torn]
        if self._worker is None or not self._waiting:
            time.sleep(timeout)
            return []
        attempt = self._waiting.popleft()
        self._started(attempt.id)
        try:
            with self._interruptible():
                answer = self._worker.run_attempt(attempt.payload, sleep=self._sleep, is_over=self._is_over)
        except CutShort:
            return [Completion(id=attempt.id, status="lost", worker="main", detail="the run was over")]
        except KeyboardInterrupt:
            self._torn = Completion(id=attempt.id, status="lost", worker="main", detail="it was interrupted")
            raise
        return [Completion(id=attempt.id, status="done", payload=answer, worker="main")]

    def _sleep(self, seconds: float) -> None:
        sleep_unless_over(seconds, self._is_over)

    def cancel(self, attempt_id: int) -> bool:
        self._waiting = deque(attempt for attempt in self._waiting if attempt.id != attempt_id)
        return True

    def close(self, *, force: bool) -> None:
        self._waiting.clear()
        worker, self._worker, self._torn = self._worker, None, None
        if worker is not None:
            worker.close()
