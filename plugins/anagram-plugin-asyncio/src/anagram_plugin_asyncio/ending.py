"""The end of a run in an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from pipeline_optimization.engine.worker import Worker

__all__ = ["end_all"]


async def end_all(worker: Worker, attempts: Collection[asyncio.Task[None]]) -> None:
    """Cancel attempts, close what the worker holds, and cancel what tasks have left behind in the running loop."""
    await _cancel(attempts)
    await worker.close_async()
    await _cancel(asyncio.all_tasks() - {asyncio.current_task()})


async def _cancel(tasks: Collection[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
