"""The attempt that runs in the present thread or coroutine. Tasks get no argument from the engine, so the code that they call finds it here."""

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
        element: Returns the element of the bundle that runs now, as its task and its name; an empty text between two elements. None
            if the attempt is no bundle.
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

    @property
    def is_over(self) -> Callable[[], bool]:
        """Return a function that tells whether the run is over."""
        ...

    @property
    def run_id(self) -> str:
        """Return the id of the run; empty if nobody knows it."""
        ...

    @property
    def worker_name(self) -> str:
        """Return the name of the worker; empty if nobody knows it."""
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

    @property
    def is_over(self) -> Callable[[], bool]:
        return self._attempt.is_over

    @property
    def run_id(self) -> str:
        return self._attempt.run_id

    @property
    def worker_name(self) -> str:
        return self._attempt.worker_name


attempt_here: ContextVar[AttemptHere | None] = ContextVar("attempt", default=None)
"""The attempt that runs in this thread or coroutine; None between attempts."""
