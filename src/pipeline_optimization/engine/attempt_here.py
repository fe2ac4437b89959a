"""The attempt that runs in the present thread or coroutine.

A task gets its data and nothing from the engine. Code that runs inside it may still need to know the attempt: a log handler that labels
records, for example, or a loop that asks whether the run is over. Such code finds the attempt in ``attempt_here``.
"""

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

    Attributes:
        element: If the attempt is a bundle, a function that returns the name of the element that runs now, such as ``fetch:7``, and an empty
            text between two elements. None if the attempt is no bundle.
        log: What the attempt has logged so far; None if nothing.
        is_answered: Whether the answer is made, with the log in it. What is logged later must go with another answer.
    """

    element: Callable[[], str] | None
    log: AttemptLog | None
    is_answered: bool

    @property
    def call(self) -> Call:
        """Return what the attempt runs."""
        ...

    @property
    def is_timed(self) -> bool:
        """Return whether somebody wants to know how the attempt spends its time."""
        ...

    def is_over(self) -> bool:
        """Return whether the run is over, so that it waits for no attempt any more."""
        ...

    @property
    def run_id(self) -> str:
        """Return the id of the run. Workers know it only if the parent wants their log records; otherwise it is empty."""
        ...

    @property
    def worker_name(self) -> str:
        """Return the name of the worker; empty if it is the name of the thread."""
        ...


class ElementHere:
    """The attempt of a bundle that awaits several elements at once, as one of these elements sees it.

    ``element`` returns this element. All else is the attempt's own.
    """

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
    def is_timed(self) -> bool:
        return self._attempt.is_timed

    def is_over(self) -> bool:
        return self._attempt.is_over()

    @property
    def run_id(self) -> str:
        return self._attempt.run_id

    @property
    def worker_name(self) -> str:
        return self._attempt.worker_name


attempt_here: ContextVar[AttemptHere | None] = ContextVar("attempt_here", default=None)
"""The attempt that runs in this thread or coroutine; None between attempts."""
