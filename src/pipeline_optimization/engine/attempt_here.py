"""The attempt that runs here, for code that a task calls: in the same thread, or in the same coroutine."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_optimization.engine.attempt_log import AttemptLog
    from pipeline_optimization.engine.wire import Call

__all__ = ["AttemptHere", "ElementHere", "attempt_here"]


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


class ElementHere:
    """An attempt as seen by one of the elements that it awaits at once: ``element`` says which."""

    def __init__(self, attempt: AttemptHere, element: Callable[[], str]) -> None:
        self._attempt = attempt
        self.element: Callable[[], str] | None = element

    @property
    def log(self) -> AttemptLog | None:
        return self._attempt.log

    @log.setter
    def log(self, log: AttemptLog | None) -> None:
        self._attempt.log = log

    @property
    def is_answered(self) -> bool:
        return self._attempt.is_answered

    @is_answered.setter
    def is_answered(self, is_answered: bool) -> None:
        self._attempt.is_answered = is_answered

    @property
    def call(self) -> Call:
        return self._attempt.call

    @property
    def is_over(self) -> Callable[[], bool]:
        return self._attempt.is_over

    @property
    def run(self) -> str:
        return self._attempt.run

    @property
    def worker_name(self) -> str:
        return self._attempt.worker_name


attempt_here: ContextVar[AttemptHere | None] = ContextVar("attempt", default=None)
"""The attempt that runs in this thread or coroutine; None between attempts."""
