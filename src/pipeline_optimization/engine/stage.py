"""What a worker runs: stages, and what becomes of what they raise."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn, Protocol

from pipeline_optimization.engine.cutting import CutShort
from pipeline_optimization.engine.interruption import is_of_a_signal
from pipeline_optimization.engine.retry_after import asked_delay
from pipeline_optimization.engine.wire import Done
from pipeline_optimization.error_text import message_of
from pipeline_optimization.errors import InjectedFault
from pipeline_optimization.types import ErrorRecord

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
    """What a stage returns that did items of other tasks, too. ``elements`` is how many elements of the input it took together."""

    result: bytes
    done: Sequence[Done]
    elements: int = 1


Stage = Callable[[bytes], bytes | Bundled]


class AsyncStage(Protocol):
    """A stage that an event loop may await."""

    async def run_async(self, data: bytes) -> bytes | Bundled: ...


class DescribingStage(Protocol):
    """A stage that says itself what its errors are as data: which of them another attempt would meet again, say."""

    def describe(self, error: BaseException) -> ErrorRecord: ...


class ClosingStage(Protocol):
    """A stage that holds what must be closed when its worker ends. None of these raises; see ``Worker`` for who calls them."""

    def close(self) -> None: ...

    async def close_async(self) -> None: ...

    def close_thread(self) -> None: ...


def is_of_the_run(error: BaseException) -> bool:
    """Return whether what came out of a task ends the attempt itself, and is no failure of the task: a signal, or the run's end."""
    return isinstance(error, CutShort) or (isinstance(error, KeyboardInterrupt) and is_of_a_signal(error))


FORKS = [0]
"""How many forks made this process of the one that imported this: cheap to look at, where ``os.getpid`` asks the system each time."""


UNDER_WAY: dict[int, list[Any]] = {}
"""By their ``id``, lists that somebody goes through and that a forked child must not: it finds them empty."""


def _note_fork() -> None:
    FORKS[0] += 1
    for values in UNDER_WAY.values():
        values.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)


def end_fork(who: str) -> NoReturn:
    """End this process, a copy that a task made of its worker: it would do, too, whatever the worker has left to do."""
    text = (
        f"{who} forked, and the child came back as if it were its parent. It was ended; let it end with os._exit().\n"
    )
    os.write(2, text.encode("utf-8", "backslashreplace"))
    os._exit(1)


def describe_error(error: BaseException, *, is_permanent: bool = False) -> ErrorRecord:
    """Turn an exception into data."""
    kind = type(error)
    is_familiar = kind.__module__ in {"builtins", InjectedFault.__module__}
    name = kind.__qualname__ if is_familiar else f"{kind.__module__}.{kind.__qualname__}"
    injected = isinstance(error, InjectedFault)
    if isinstance(error, InjectedFault) and error.stands_for:
        name = error.stands_for
    trace = "" if injected else "".join(traceback.format_exception(error))
    return ErrorRecord(
        type=name,
        message=message_of(error),
        traceback=trace,
        injected=injected,
        is_permanent=is_permanent,
        retry_after=asked_delay(error),
    )
