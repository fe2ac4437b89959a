"""The attempt that runs here, for code that a task calls: in the same thread, or in the same coroutine."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_optimization.engine.attempt_log import AttemptLog
    from pipeline_optimization.engine.wire import Call

__all__ = ["AttemptHere", "attempt_here"]


class AttemptHere(Protocol):
    """What is known of an attempt while it runs.

    ``element`` returns which element of its bundle it is at, as its task and its name, or nothing between two of them. ``log`` has what it has logged, if anything, and
    ``is_answered`` tells that this has gone to the parent. ``run`` and ``worker_name`` are empty where nobody knows them.
    """

    element: Callable[[], str] | None
    log: AttemptLog | None
    is_answered: bool

    @property
    def call(self) -> Call: ...

    @property
    def is_over(self) -> Callable[[], bool]: ...

    @property
    def run(self) -> str: ...

    @property
    def worker_name(self) -> str: ...


attempt_here: ContextVar[AttemptHere | None] = ContextVar("attempt", default=None)
"""The attempt that runs in this thread or coroutine; None between attempts."""
