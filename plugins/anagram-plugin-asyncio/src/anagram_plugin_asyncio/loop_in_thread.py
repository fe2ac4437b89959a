"""An event loop in a thread of its own, for callers whose thread runs another event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

from anagram_plugin_asyncio.ending import end_all
from pipeline_optimization.engine.cutting import CutShort
from pipeline_optimization.engine.inbox import Inbox
from pipeline_optimization.engine.places import EventLoopHere, Places
from pipeline_optimization.engine.worker import Worker
from pipeline_optimization.errors import ResourceError
from pipeline_optimization.types import Attempt, Completion, OpenContext

__all__ = ["LoopInThread"]

GRACE = 0.5
"""Seconds that a forced close waits for an attempt that computes, which can end between two pieces of its work.

If it does not, its thread is left to end with the program.
"""


class LoopInThread:
    """Runs the attempts of one run as tasks of its loop. The caller's thread only waits, so that signals reach it."""

    def __init__(self, context: OpenContext, places: Places) -> None:
        self._loop = asyncio.new_event_loop()
        self._worker = Worker(context.worker_init, name="loop")
        self._started = context.started
        self._is_over = context.is_over
        self._here = EventLoopHere(places)
        self._done = Inbox()
        self._open: dict[int, Attempt] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._thread = threading.Thread(target=self._serve, name="anagram-loop", daemon=True)
        try:
            self._thread.start()
        except RuntimeError as error:
            self._loop.close()
            raise ResourceError(
                f"The system starts no more threads: {error}. Use --orchestrator sequential."
            ) from error

    def _serve(self) -> None:
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()

    def submit(self, attempt: Attempt) -> None:
        self._open[attempt.id] = attempt
        self._loop.call_soon_threadsafe(self._begin, attempt)

    def _begin(self, attempt: Attempt) -> None:
        if attempt.id in self._open:
            self._tasks[attempt.id] = self._loop.create_task(self._here.host(attempt, self._run))

    async def _run(self, attempt: Attempt) -> None:
        self._started(attempt.id)
        try:
            answer = await self._worker.run_attempt_async(attempt.payload, is_over=self._is_over)
            completion = Completion(id=attempt.id, status="done", payload=answer, worker="loop")
        except KeyboardInterrupt:  # the task raised it itself; it would end the thread
            completion = Completion(
                id=attempt.id, status="lost", worker="loop", detail="its task raised KeyboardInterrupt"
            )
        except CutShort:
            completion = Completion(id=attempt.id, status="lost", worker="loop", detail="the run was over")
        self._tasks.pop(attempt.id, None)
        # The thread that removes it from the dictionary reports it: this one, or the caller's in cancel().
        if self._open.pop(attempt.id, None) is not None:
            self._done.put(completion)

    def poll(self, timeout: float) -> Sequence[Completion]:
        return self._done.take(timeout)

    def cancel(self, attempt_id: int) -> bool:
        if self._open.pop(attempt_id, None) is None:
            return False
        self._loop.call_soon_threadsafe(self._call_off, attempt_id)
        return True

    def _call_off(self, attempt_id: int) -> None:
        task = self._tasks.pop(attempt_id, None)
        if task is not None:
            task.cancel()

    def close(self, *, force: bool) -> None:
        self._loop.call_soon_threadsafe(lambda: self._loop.create_task(self._end()))
        self._thread.join(GRACE if force else None)

    async def _end(self) -> None:
        await end_all(self._worker, list(self._tasks.values()))
        self._loop.stop()
