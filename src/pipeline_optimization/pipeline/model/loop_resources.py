"""The resources of coroutines in one event loop, which share them.

Each resource lives in a task of its own, which opens it, waits, and closes it. Many asynchronous context managers must be left by the task that
entered them, and the task of an element ends long before.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from attrs import define

from pipeline_optimization.engine.late_closing import closing, late_warning, warn
from pipeline_optimization.error_text import describe
from pipeline_optimization.errors import BrokenResourceError
from pipeline_optimization.pipeline.model.resources import Key, key_of, place_of, report_unclosed
from pipeline_optimization.tasks.resource import Resource

__all__ = ["LoopResources"]

PATIENCE = 5.0
"""Seconds that resources may take to close."""


@define(eq=False)
class _Held:
    """A resource that is opening, open or closing. Setting ``leave`` closes it."""

    resource: Resource[Any]
    opened: asyncio.Future[Any]
    leave: asyncio.Event
    users: int = 0
    broken_by: BaseException | None = None


class LoopResources:
    """The open resources of coroutines in ``loop``."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._open: dict[Key, _Held] = {}
        self._tasks: dict[asyncio.Task[None], _Held] = {}

    @asynccontextmanager
    async def using(self, resource: Resource[Any]) -> AsyncIterator[Any]:
        """Return a context that has what a resource opened. Raises what opening raises."""
        held = self._open.get(key_of(resource)) or self._begin(resource)
        held.users += 1
        try:
            # If this task is cancelled while it waits, the resource is still opened for other tasks.
            yield await asyncio.shield(held.opened)
        except BaseException as error:
            if resource.is_broken_by(error):
                held.broken_by = error
                self._forget(held)
            raise
        finally:
            held.users -= 1
            if held.broken_by is not None and not held.users:
                held.leave.set()

    def _begin(self, resource: Resource[Any]) -> _Held:
        held = self._open[key_of(resource)] = _Held(resource, self.loop.create_future(), asyncio.Event())
        task = self.loop.create_task(self._hold(held))
        self._tasks[task] = held
        task.add_done_callback(self._tasks.pop)
        return held

    async def _hold(self, held: _Held) -> None:
        try:
            async with held.resource.manager_async() as value:
                held.opened.set_result(value)
                await held.leave.wait()
                if held.broken_by is not None:
                    raise held.broken_by
        except BaseException as error:  # noqa: BLE001 - SystemExit, too, would end the event loop
            if not held.opened.done():
                is_plain = isinstance(error, Exception) and not isinstance(error, StopIteration)
                held.opened.set_exception(
                    error if is_plain else BrokenResourceError(f"{held.resource.name}: {describe(error)}")
                )
                held.opened.exception()  # without this, asyncio warns of an error that no task has taken
            elif error is not held.broken_by:
                report_unclosed(held.resource, error)
        finally:
            self._forget(held)

    def _forget(self, held: _Held) -> None:
        """Make the next call open another one."""
        if self._open.get(key := key_of(held.resource)) is held:
            del self._open[key]

    async def close(self, tell: Callable[[str], None] | None) -> None:
        """Close all. Nothing may use a resource after that. ``tell`` is ``tell_parent`` of whoever closes them."""
        for task, held in self._tasks.items():
            held.leave.set()
            if not held.opened.done():
                task.cancel()
        if not self._tasks:
            return
        places = {task: place_of(held.resource) for task, held in self._tasks.items()}
        # The timer is for closes that block the event loop.
        with closing(lambda: next(iter(list(places.values())), ""), tell=tell, grace=1.0):
            for task in places:
                task.add_done_callback(places.pop)
            _, left = await asyncio.wait(list(places), timeout=PATIENCE)
        for task in left:
            warn(late_warning(places[task], PATIENCE, "so its close was cancelled"))
            task.cancel()
