"""Stages, which are the tasks as a worker runs them: functions that take bytes and return bytes.

The module also turns the exceptions of stages into data.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Protocol

from pipeline_optimization.engine.cutting import CutShort
from pipeline_optimization.engine.interruption import is_of_a_signal
from pipeline_optimization.engine.retry_after import asked_delay
from pipeline_optimization.engine.wire import Done
from pipeline_optimization.error_text import message_of
from pipeline_optimization.errors import InjectedFault
from pipeline_optimization.types import ErrorRecord

if TYPE_CHECKING:
    from pipeline_optimization.types.step_time import StepTime

__all__ = [
    "FORKS",
    "UNDER_WAY",
    "AsyncStage",
    "Bundled",
    "ClosingStage",
    "DescribingStage",
    "Stage",
    "describe_error",
    "end_fork",
    "is_of_the_run",
]


class Bundled(NamedTuple):
    """The result of a stage that ran a bundle through several tasks.

    Attributes:
        result: What the workload gets.
        done: The elements that went through each task.
        elements: How many elements of the input were in the bundle.
        steps: What each step of the pipeline took, if the bundle went through several and the attempt is timed.
    """

    result: bytes
    done: Sequence[Done]
    elements: int = 1
    steps: Sequence[StepTime] = ()


Stage = Callable[[bytes], bytes | Bundled]
"""Runs a task on the data of an item, and returns the result. It may have the methods of the protocols below."""


class AsyncStage(Protocol):
    """A stage that an event loop can await."""

    async def run_async(self, data: bytes) -> bytes | Bundled:
        """Do what the stage does when it is called, without blocking the event loop."""
        ...


class DescribingStage(Protocol):
    """A stage that makes records of its errors itself. It can say which errors are permanent, for example."""

    def describe(self, error: BaseException) -> ErrorRecord:
        """Return an exception of the stage as data."""
        ...


class ClosingStage(Protocol):
    """A stage that holds something that must be closed, such as connections. None of these methods raises."""

    def close(self) -> None:
        """Close everything, when the worker ends."""
        ...

    async def close_async(self) -> None:
        """Close everything in the event loop that used it, when the worker ends."""
        ...

    def close_thread(self) -> None:
        """Close what belongs to the calling thread, which runs no more attempts."""
        ...


def is_of_the_run(error: BaseException) -> bool:
    """Return whether an exception that came out of a task ends the attempt and is no failure of the task.

    That holds for a signal, and for ``CutShort`` when the run is over.
    """
    return isinstance(error, CutShort) or (isinstance(error, KeyboardInterrupt) and is_of_a_signal(error))


FORKS = [0]
"""How many forks lie between the process that imported this module and this process: 0 in the first, 1 in its children. The number is in a list,
so that other modules can import the list and still see the number change.

A task may fork, and its child may return from the task instead of ending. The child would then go on with its parent's work, over its parent's pipe. So
code that has called a task looks at this number. If it has changed, this process is the child, and ``end_fork`` ends it. To read the number is cheap,
so that it can be read for each bundle; ``os.getpid`` asks the operating system each time.
"""


UNDER_WAY: dict[int, list[Any]] = {}
"""The lists of elements that are being run, each under its ``id()``. A forked child finds them empty, so that it runs no element a second time.

Code that runs a list of elements enters it here, and removes it at the end.
"""


def _note_fork() -> None:
    FORKS[0] += 1
    for values in UNDER_WAY.values():
        values.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)


def end_fork(forker: str) -> NoReturn:
    """End this process, which a task has forked. Otherwise it would do all the rest of its worker's work a second time.

    Args:
        forker: What has forked, for the message on standard error.
    """
    text = f"{forker} forked, and the child came back as if it were its parent. It was ended; let it end with os._exit().\n"
    with suppress(OSError):  # standard error may be closed
        os.write(2, text.encode("utf-8", "backslashreplace"))
    # An exception or ``sys.exit`` would run clean-up code of the parent's, such as that of open files.
    os._exit(1)


def describe_error(error: BaseException, *, is_permanent: bool = False) -> ErrorRecord:
    """Return an exception as data.

    Args:
        error: The exception.
        is_permanent: Whether another attempt would certainly fail in the same way.
    """
    kind = type(error)
    # Retry policies name errors by their type. Built-in ones and the project's own are known by their short names.
    is_familiar = kind.__module__ in {"builtins", InjectedFault.__module__}
    name = kind.__qualname__ if is_familiar else f"{kind.__module__}.{kind.__qualname__}"
    trace = ""
    if isinstance(error, InjectedFault):
        # It has no traceback, which would only show where the engine raised it.
        name = error.stands_for or name
    else:
        trace = _traceback_of(error)
    return ErrorRecord(
        type=name,
        message=message_of(error),
        traceback=trace,
        injected=isinstance(error, InjectedFault),
        is_permanent=is_permanent,
        retry_after=asked_delay(error),
    )


def _traceback_of(error: BaseException) -> str:
    try:
        return "".join(traceback.format_exception(error))
    except Exception:  # noqa: BLE001 - Python asks an exception for its truth, and so calls its ``__len__`` or ``__bool__``, which may raise anything
        return "".join(["Traceback (most recent call last):\n", *traceback.format_tb(error.__traceback__)])
