"""The resources of a worker (``@task(using=...)``). They are opened at their first use, closed at the end, and opened anew after they broke.

Each thread opens, uses and closes resources of its own, or all threads share one. Resources of coroutines belong to an event loop.
"""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define, field

from pipeline_optimization.engine.late_closing import closing, tell_parent
from pipeline_optimization.error_text import describe
from pipeline_optimization.errors import BrokenResourceError
from pipeline_optimization.tasks.callables import where
from pipeline_optimization.tasks.resource import Resource

if TYPE_CHECKING:
    from pipeline_optimization.pipeline.model.loop_resources import LoopResources
    from pipeline_optimization.pipeline.model.own_loop import OwnLoop

__all__ = ["Key", "Resources", "key_of", "place_of", "report_unclosed"]

R = TypeVar("R")

Key = tuple[int, bool]


PATIENCE = 0.1
"""Seconds for which ``close`` waits for a thread that is opening a resource, because that may never end."""


def key_of(resource: Resource[Any]) -> Key:
    """Return the key of a resource. Tasks with the same factory have the same resource."""
    return id(resource.factory), resource.is_shared


def place_of(resource: Resource[Any]) -> str:
    """Return what begins a sentence about a resource: its name, with the file and the line of its factory as far as they are known."""
    return f"The resource {where(inspect.unwrap(resource.factory))}"


def report_unclosed(resource: Resource[Any], error: BaseException) -> None:
    """Tell the user that a resource could not be closed. It is no failure: the calls that used it are finished."""
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"The resource {resource.name} could not be closed: {describe(error)}.\n")


def _closed(resource: Resource[Any]) -> BrokenResourceError:
    return BrokenResourceError(f"The resource {resource.name} is closed, because the run is over.")


@define(eq=False, repr=False)
class _Open:
    """A resource that is open. ``users`` are the threads that are calling a function with it."""

    resource: Resource[Any]
    manager: AbstractContextManager[Any]
    value: Any
    users: list[int] = field(factory=list)
    broken_by: BaseException | None = None
    is_leaving: bool = False

    def is_used_elsewhere(self) -> bool:
        return any(user != threading.get_ident() for user in self.users)

    def close(self) -> None:
        """Close it. Its context manager gets the error that broke it."""
        error = self.broken_by
        try:
            with closing(lambda: place_of(self.resource), tell=tell_parent.get()):
                self.manager.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)
        except BaseException as raised:  # noqa: BLE001 - a user's object may raise anything, SystemExit included
            if raised is not error:
                report_unclosed(self.resource, raised)


class Place:
    """The open resources of one place: of a thread, or of the process if its threads share them."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # held while a resource is opened: other threads that need it wait
        self._open: dict[Key, _Open] = {}
        self._over = threading.Event()

    @contextmanager
    def using(self, resource: Resource[Any]) -> Iterator[Any]:
        """Return a context that has what a resource opened. Raises what opening raises."""
        opened: _Open | None = None
        try:
            opened = self._take(resource)
            yield opened.value
        except BaseException as error:
            if opened is not None and resource.is_broken_by(error):
                self._drop(opened, error)
            raise
        finally:
            if opened is not None:
                self._give_back(opened)

    def _take(self, resource: Resource[Any]) -> _Open:
        key = key_of(resource)
        with self._lock:
            if self._over.is_set():
                raise _closed(resource)
            opened = self._open.get(key)
            if opened is None:
                manager = resource.manager()
                opened = self._open[key] = _Open(resource, manager, manager.__enter__())
                if self._over.is_set():  # close() came meanwhile, and could not wait for this thread
                    self.close()
                    raise _closed(resource)
            opened.users.append(threading.get_ident())
            return opened

    def _drop(self, opened: _Open, error: BaseException) -> None:
        """Make the next call open another one. The last user of this one closes it."""
        with self._lock:
            if not opened.is_leaving:
                opened.broken_by, opened.is_leaving = error, True
            key = key_of(opened.resource)
            if self._open.get(key) is opened:
                del self._open[key]

    def _give_back(self, opened: _Open) -> None:
        with self._lock:
            opened.users.remove(threading.get_ident())
            is_last = opened.is_leaving and not opened.users
        if is_last:
            opened.close()

    def close(self) -> None:
        """Close all, the last first. If a call in another thread still uses or opens a resource, it closes that resource when it returns."""
        self._over.set()
        if not self._lock.acquire(timeout=PATIENCE):
            return  # the thread that is opening something closes all afterwards
        try:
            everything, self._open = list(self._open.values()), {}
            for opened in everything:
                opened.is_leaving = True
            idle = [opened for opened in everything if not opened.is_used_elsewhere()]
        finally:
            self._lock.release()
        for opened in reversed(idle):
            opened.close()


class Resources:
    """All open resources of a worker."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shared = Place()
        self._here = threading.local()
        self._places: list[Place] = []
        self._loops: list[LoopResources] = []
        self._own_loops: list[OwnLoop] = []

    def using(self, resource: Resource[Any]) -> AbstractContextManager[Any]:
        """Return the context in which a call of this thread has the resource."""
        return (self._shared if resource.is_shared else self._place()).using(resource)

    def _place(self) -> Place:
        place: Place | None = getattr(self._here, "place", None)
        if place is None:
            place = self._here.place = Place()
            with self._lock:
                self._places.append(place)
        return place

    def of_loop(self) -> LoopResources:
        """Return the resources of coroutines in the running event loop."""
        from asyncio import get_running_loop  # noqa: PLC0415 - for such pipelines only

        loop = get_running_loop()
        with self._lock:
            found = next((one for one in self._loops if one.loop is loop), None)
            if found is None:
                from pipeline_optimization.pipeline.model.loop_resources import LoopResources  # noqa: PLC0415 - as above

                found = LoopResources(loop)
                self._loops.append(found)
            return found

    def run(self, start: Callable[[], Coroutine[Any, Any, R]], timeout: float | None) -> R:
        """Run a coroutine in this thread's own event loop, in which its resources stay open, and return its result."""
        own: OwnLoop | None = getattr(self._here, "loop", None)
        if own is None:
            from pipeline_optimization.pipeline.model.own_loop import OwnLoop  # noqa: PLC0415 - as above

            own = self._here.loop = OwnLoop()
            with self._lock:
                self._own_loops.append(own)
        return own.run(start, timeout)

    def close_thread(self) -> None:
        """Close what the calling thread has opened."""
        place, own = getattr(self._here, "place", None), getattr(self._here, "loop", None)
        if own is not None:
            self._close_loop(own)
        if place is not None:
            place.close()

    def close(self) -> None:
        """Close everything. Calls in other threads close what they use when they return."""
        for own in list(self._own_loops):
            self._close_loop(own)
        for place in (*self._places, self._shared):
            place.close()

    async def close_async(self) -> None:
        """Close everything, called in an event loop in which coroutines had resources."""
        await self.of_loop().close(tell_parent.get())
        self.close()

    def _close_loop(self, own: OwnLoop) -> None:
        with self._lock:
            # A loop that still runs, in a thread that hangs, ends with the program.
            if own not in self._own_loops or own.is_running:
                return
            self._own_loops.remove(own)
        tell = tell_parent.get()  # the loop has a context of its own
        own.close(lambda: self.of_loop().close(tell))
