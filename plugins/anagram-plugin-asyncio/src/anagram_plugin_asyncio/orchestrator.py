"""The orchestrator, whose event loop runs in the caller's thread, or in a thread of its own if the caller runs a loop already."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from anagram_plugin_asyncio.loop_in_caller import LoopInCaller
from anagram_plugin_asyncio.loop_in_thread import LoopInThread
from pipeline_optimization.engine.places import Places
from pipeline_optimization.types import Attempt, Completion, OpenContext

__all__ = ["AsyncioOrchestrator"]


class AsyncioOrchestrator:
    """Runs attempts as tasks of a private event loop, and lets ``concurrency`` of their calls wait at once; 0 means no limit.

    A thread can run one event loop at a time. So if the caller runs one already, as a notebook or a server does, the private
    one runs in a thread of its own.
    """

    def __init__(self, concurrency: int) -> None:
        self.slots = concurrency or sys.maxsize
        self._loop: LoopInCaller | LoopInThread | None = None

    def open(self, context: OpenContext) -> None:
        self._loop = (LoopInThread if _is_loop_running() else LoopInCaller)(context, Places(self.slots))

    def submit(self, attempt: Attempt) -> None:
        if self._loop is not None:
            self._loop.submit(attempt)

    def poll(self, timeout: float) -> Sequence[Completion]:
        return [] if self._loop is None else self._loop.poll(timeout)

    def cancel(self, attempt_id: int) -> bool:
        return self._loop is None or self._loop.cancel(attempt_id)

    def close(self, *, force: bool) -> None:
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.close(force=force)


def _is_loop_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
