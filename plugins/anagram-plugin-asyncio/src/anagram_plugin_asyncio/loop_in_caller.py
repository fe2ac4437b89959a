"""An event loop that runs only inside ``poll``."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from anagram_plugin_asyncio.ending import end_all
from pipeline_optimization.engine.cutting import CutShort
from pipeline_optimization.engine.places import EventLoopHere, Places
from pipeline_optimization.engine.worker import Worker
from pipeline_optimization.types import Attempt, Completion, OpenContext

__all__ = ["LoopInCaller"]


class LoopInCaller:
    """Runs the attempts of one run as tasks in the thread that polls."""

    def __init__(self, context: OpenContext, places: Places) -> None:
        self._loop = asyncio.new_event_loop()
        self._worker = Worker(context.worker_init, name="loop")
        self._news = asyncio.Event()
        self._started = context.started
        self._interruptible = context.interruptible
        self._here = EventLoopHere(places, context.interruptible)
        self._is_over = context.is_over
        self._is_interrupted = False
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._done: list[Completion] = []

    def submit(self, attempt: Attempt) -> None:
        self._tasks[attempt.id] = self._loop.create_task(self._here.host(attempt, self._run))

    async def _run(self, attempt: Attempt) -> None:
        self._started(attempt.id)
        try:
            answer = await self._worker.run_attempt_async(
                attempt.payload, interruptible=self._interruptible, is_over=self._is_given_up
            )
            completion = Completion(id=attempt.id, status="done", payload=answer, worker="loop")
        except KeyboardInterrupt:
            # poll() raises it again. Here it would tear the event loop.
            self._is_interrupted = True
            completion = Completion(id=attempt.id, status="lost", worker="loop", detail="it was interrupted")
        except CutShort:
            completion = Completion(id=attempt.id, status="lost", worker="loop", detail="the run was over")
        del self._tasks[attempt.id]
        self._done.append(completion)
        self._news.set()

    def _is_given_up(self) -> bool:
        # Before poll() returns, each task that is ready runs to its next wait. After a Ctrl-C none of them may begin.
        return self._is_interrupted or self._is_over()

    def poll(self, timeout: float) -> Sequence[Completion]:
        self._loop.run_until_complete(self._wait(timeout))
        self._news.clear()
        if self._is_interrupted:
            self._is_interrupted = False
            raise KeyboardInterrupt
        completions, self._done = self._done, []
        return completions

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return

    def cancel(self, attempt_id: int) -> bool:
        task = self._tasks.pop(attempt_id, None)
        return task is not None and task.cancel()

    def close(self, *, force: bool) -> None:
        """End all tasks. Each of them waits or has not started, so ``force`` makes no difference."""
        if self._loop.is_closed():
            return
        self._loop.run_until_complete(end_all(self._worker, list(self._tasks.values())))
        self._loop.close()
