"""Says what does not close, if a close takes too long.

A close is code of a user or of a library, such as that of a connection, and nothing can end it from outside. If it hangs, the program hangs, and
nobody knows why. So a timer says it.

A process that goes on logs a warning. A worker process that is ending has nobody to whom it could log, so it tells its parent what it closes
(``tell_parent``), and the parent logs that if it has to kill the process.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

__all__ = ["LATE", "SOON", "closing", "late_warning", "tell_parent", "warn"]

LATE = 5.0
"""Seconds after which a close in this process is said to hang."""

SOON = 0.5
"""Seconds after which a worker process tells its parent of a close. The parent gives it a second at least."""

LOGGER = "pipeline_optimization.run"

Tell = Callable[[str], None]

tell_parent: ContextVar[Tell | None] = ContextVar("tell_parent", default=None)
"""Takes what is being closed, in a worker process that is ending. None elsewhere."""


def late_warning(what: str, seconds: float, then: str) -> str:
    """Return the warning about something that does not close.

    Args:
        what: What does not close.
        seconds: How long it has had.
        then: What comes of it, as a clause.
    """
    return (
        f"{what} has not closed within {seconds:g} s, {then}. "
        "Let its close end in time, for example with a time limit of its own."
    )


@contextmanager
def closing(what: Callable[[], str], *, tell: Tell | None, grace: float = 0.0) -> Iterator[None]:
    """Return a context in which something is closed. If that takes long, the user or the parent is told what does not close.

    Args:
        what: Returns what is not closed yet, or an empty text. It is called in another thread.
        tell: The value of ``tell_parent`` where the close was asked for. Other threads and event loops do not have it.
        grace: Seconds to add to ``LATE`` before a warning is logged. A caller that ends the close after ``LATE`` seconds, and warns of that
            itself, needs no second warning.
    """
    seconds = LATE + grace if tell is None else SOON

    def say_what_is_left() -> None:
        left = what()
        if left and tell is None:
            warn(late_warning(left, seconds, "and the run waits for it"))
        elif left and tell is not None:
            tell(left)

    timer = threading.Timer(seconds, say_what_is_left)
    timer.daemon = True
    try:
        timer.start()
    except RuntimeError:  # the system starts no more threads
        yield
        return
    try:
        yield
    finally:
        timer.cancel()
        timer.join()  # so that a run leaves no thread behind


def warn(message: str) -> None:
    """Log a warning of the run. If the program has no handler for its logger, write it to standard error."""
    if "logging" in sys.modules and _log(message):
        return
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"{message}\n")


def _log(message: str) -> bool:
    """Log, and return whether there is a handler. It counts also if its level keeps warnings out, since the program then wants none."""
    import logging  # noqa: PLC0415 - imported already

    logger: logging.Logger | None = logging.getLogger(LOGGER)
    at, is_heard = logger, False
    while at is not None:
        is_heard = is_heard or any(not isinstance(one, logging.NullHandler) for one in at.handlers)
        at = at.parent if at.propagate else None
    if is_heard:
        with suppress(Exception):  # whatever a handler of the program raises, the run goes on to close
            logging.getLogger(LOGGER).warning("%s", message)
    return is_heard
