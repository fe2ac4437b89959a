"""How a call of a task passes its simulated latency: in this process, or, under the harness, in the harness's.

The engine's attempts and tasks that are called directly go this one way.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from pipeline_optimization.engine.faults import Draw
from pipeline_optimization.engine.task_client import TaskClient

__all__ = ["pass_latency", "pass_latency_async"]


def pass_latency(
    task: str,
    key: str,
    draw: Callable[[], Draw],
    *,
    number: int = 0,
    policy: str = "",
    sleep: Callable[[float], object] = time.sleep,
) -> Draw:
    """Let a call's latency pass and return what was drawn for it: by ``draw``, or by the harness that measures us.

    ``policy`` is the label of the retry policy that the call is under, for the harness's record.
    """
    client = TaskClient.from_environment() if key else None
    if client is not None:
        return client.call(task, key, number=number, policy=policy)
    drawn = draw()
    if drawn.latency > 0:
        sleep(drawn.latency)
    return drawn


async def pass_latency_async(
    task: str, key: str, draw: Callable[[], Draw], *, number: int = 0, policy: str = ""
) -> Draw:
    """Do the same while an event loop serves others."""
    client = TaskClient.from_environment() if key else None
    if client is not None:
        return await client.call_async(task, key, number=number, policy=policy)
    drawn = draw()
    if drawn.latency > 0:
        import asyncio  # noqa: PLC0415 - 50 ms of start-up that only event loops should pay

        await asyncio.sleep(drawn.latency)
    return drawn
