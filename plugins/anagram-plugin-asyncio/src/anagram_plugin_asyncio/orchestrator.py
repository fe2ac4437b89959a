"""An event loop of its own that runs only inside ``poll``."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

from pipeline_optimization.engine.worker import Worker
from pipeline_optimization.types import Attempt, Completion, OpenContext

__all__ = ["AsyncioOrchestrator"]


class AsyncioOrchestrator:
    """Runs attempts as tasks of a private event loop; ``concurrency`` 0 means no limit."""

    def __init__(self, concurrency: int) -> None:
        self.slots = concurrency or sys.maxsize
        self._loop: asyncio.AbstractEventLoop | None = None
        self._worker: Worker | None = None
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._done: list[Completion] = []
        self._news: asyncio.Event | None = None
        self._started: Callable[[int], None] = lambda attempt_id: None
        self._interruptible: Callable[[], AbstractContextManager[None]] = nullcontext
        self._is_interrupted = False

    def open(self, context: OpenContext) -> None:
        self._loop = asyncio.new_event_loop()
        self._worker = Worker(context.worker_init)
        self._news = asyncio.Event()
        self._started = context.started
        self._interruptible = context.interruptible

    def submit(self, attempt: Attempt) -> None:
        if self._loop is not None:
            self._tasks[attempt.id] = self._loop.create_task(self._run(attempt))

    async def _run(self, attempt: Attempt) -> None:
        assert self._worker is not None
        assert self._news is not None
        self._started(attempt.id)
        try:
            answer = await self._worker.run_attempt_async(attempt.payload, interruptible=self._interruptible)
            completion = Completion(id=attempt.id, status="done", payload=answer, worker="loop")
        except KeyboardInterrupt:
            # Raised again by poll(): here it would tear the event loop.
            self._is_interrupted = True
            completion = Completion(id=attempt.id, status="lost", worker="loop", detail="it was interrupted")
        del self._tasks[attempt.id]
        self._done.append(completion)
        self._news.set()

    def poll(self, timeout: float) -> Sequence[Completion]:
        if self._loop is None or self._news is None:
            return []
        self._loop.run_until_complete(self._wait(self._news, timeout))
        self._news.clear()
        if self._is_interrupted:
            self._is_interrupted = False
            raise KeyboardInterrupt
        completions, self._done = self._done, []
        return completions

    @staticmethod
    async def _wait(news: asyncio.Event, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await news.wait()
        except TimeoutError:
            return

    def cancel(self, attempt_id: int) -> bool:
        task = self._tasks.pop(attempt_id, None)
        return task is not None and task.cancel()

    def close(self, *, force: bool) -> None:
        loop, self._loop = self._loop, None
        if loop is None:
            return
        if tasks := asyncio.all_tasks(loop):
            for task in tasks:
                task.cancel()
            loop.run_until_complete(asyncio.wait(tasks))
        loop.close()
        self._tasks, self._done = {}, []
