"""Hands events to OpenLineage's client in a thread of its own, so that no server can hold up a run."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

__all__ = ["Delivery"]

E = TypeVar("E")


class Delivery(Generic[E]):
    """Emits events in their order, and then calls ``close``, which may wait as well: some clients have a queue of their own.

    The thread is a daemon, so a server that does not answer holds up neither the end of a run nor that of the process. The client's
    own timeouts and retries bound how long the thread outlives a run. ``when_over`` is called when it ends.
    """

    def __init__(
        self, emit: Callable[[E], None], close: Callable[[], object], *, when_over: Callable[[], None]
    ) -> None:
        self._emit = emit
        self._close = close
        self._when_over = when_over
        self._events: queue.SimpleQueue[tuple[str, E] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._open: dict[str, None] = {}
        self._reason = ""
        self._thread = threading.Thread(target=self._work, name="openlineage", daemon=True)
        self._thread.start()

    def put(self, name: str, event: E) -> None:
        """Add an event to those to be emitted. Never waits."""
        with self._lock:
            self._open[name] = None
        self._events.put((name, event))

    def finish(self, patience: float) -> tuple[list[str], str]:
        """Wait until all events are emitted, at most ``patience`` seconds. Return the names of those that may not be, and why."""
        self._events.put(None)
        self._thread.join(patience)
        with self._lock:
            return list(self._open), self._reason or "it did not answer in time"

    def _work(self) -> None:
        try:
            emitted = []
            while (given := self._events.get()) is not None:
                name, event = given
                if self._tried(partial(self._emit, event)):
                    emitted.append(name)
            if self._tried(self._close):
                with self._lock:
                    for name in emitted:
                        self._open.pop(name)
        finally:
            self._when_over()

    def _tried(self, action: Callable[[], object]) -> bool:
        try:
            action()
        except Exception as error:  # noqa: BLE001 - a transport may be anybody's, and must not change a run
            with self._lock:
                self._reason = self._reason or str(error) or type(error).__name__
            return False
        return True
