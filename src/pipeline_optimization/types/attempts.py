"""The orchestrator contract: attempts go in, completions come out."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Literal, Protocol

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

__all__ = [
    "Attempt",
    "Capabilities",
    "Completion",
    "ErrorRecord",
    "OpenContext",
    "Orchestrator",
]


@frozen(kw_only=True)
class Attempt:
    """One call to be made somewhere: ``payload`` is all that a worker needs.

    ``id`` is unique within a run, ``item`` names the work item as TASK:ITEM, and ``number`` counts the item's own attempts
    from 1: an attempt that was lost with its worker is made again under a new id and the same number. ``once``: its task may be
    called so often only, so no second copy of the attempt may be made while it runs. ``is_bundle``: it carries several elements.
    """

    id: int
    item: str
    number: int
    payload: bytes = field(repr=False)
    once: bool = False
    is_bundle: bool = False


@frozen(kw_only=True)
class Completion:
    """What became of an attempt: ``done`` with the worker's answer, or ``lost`` with its worker.

    ``payload`` is what ``run_attempt`` returned, untouched; ``worker`` names who ran it (a pid, a thread, an
    address); ``detail`` says of a lost attempt what is known of the death.
    """

    id: int
    status: Literal["done", "lost"]
    payload: bytes = field(default=b"", repr=False)
    worker: str = ""
    detail: str = ""


@frozen(kw_only=True)
class ErrorRecord:
    """An exception as data, since some exceptions cannot be unpickled.

    ``type`` is the qualified class name, without the module for built-in ones and our own; ``injected`` tells a simulated failure from a real
    one; ``traceback`` is text, empty for injected failures. ``is_permanent``: its task says that another attempt would meet it again.
    ``retry_after``: the seconds that it asks to be waited for before another attempt, if it asks.
    """

    type: str
    message: str
    traceback: str = field(default="", repr=False)
    injected: bool = False
    is_permanent: bool = False
    retry_after: float | None = None


@frozen(kw_only=True)
class Capabilities:
    """What an orchestrator can do, declared once and checked by the conformance kit.

    ``isolation`` says what a crash takes with it: ``none`` (the whole run), a ``process``, or a ``host``.
    ``can_kill``: ``cancel`` ends a running attempt for certain. ``exact_blame``: a ``lost`` completion names the
    very attempt that was running. ``is_parallel``: CPU-bound attempts run side by side. ``is_distributed``: workers
    may sit on other machines. ``shared_files``: workers can open the paths that the parent can. ``announces_start``:
    ``OpenContext.started`` is called as each attempt starts, so that the time that it waits before is not held against
    it. ``runs_in_caller``: attempts run in the thread that polls, where a Ctrl-C may strike them
    (``OpenContext.interruptible``); such an attempt is then reported lost by the next ``poll``. ``has_event_loop``: attempts are awaited in
    one event loop (``Worker.run_attempt_async``), and what a bundle awaits at once takes as many of its places (``engine.places``).
    ``chooses``: it hands attempts to another orchestrator that it chooses itself, which may run them in
    other processes; comparisons leave it out unless it is named.
    """

    isolation: Literal["none", "process", "host"] = "none"
    can_kill: bool = False
    exact_blame: bool = True
    is_parallel: bool = False
    is_distributed: bool = False
    shared_files: bool = True
    announces_start: bool = False
    runs_in_caller: bool = False
    has_event_loop: bool = False
    chooses: bool = False

    @property
    def may_leave(self) -> bool:
        """Return whether attempts may run in other processes than this one."""
        return self.isolation != "none" or self.chooses


def _ignore(attempt_id: int) -> None:
    """Do nothing about the start of an attempt."""


def _never() -> bool:
    return False


@frozen(kw_only=True)
class OpenContext:
    """What an orchestrator gets when a run begins.

    ``worker_init`` makes a worker: ``Worker(context.worker_init)``, once in every process that runs attempts,
    in a thread-safe object that all its threads may share. It is bytes, so that it crosses any border. Each worker is closed at its end
    (``Worker.close``), unless its process is killed.
    ``started`` takes the id of an attempt that starts to run, from any thread of the parent process.
    ``interruptible()`` is a context in which Ctrl-C raises KeyboardInterrupt; elsewhere it waits until the method is back.
    Who runs attempts in the thread that polls runs each inside it, and who waits for a cluster waits inside it.
    ``is_over()`` tells, in any thread, whether the run waits for no attempt any more: its deadline, or the grace period after
    whatever stopped it, has passed. Who runs attempts in this process hands it to ``Worker.run_attempt``, which then raises
    ``engine.cutting.CutShort`` between two pieces of work; that attempt is reported lost.
    """

    run_id: str
    worker_init: bytes = field(repr=False)
    started: Callable[[int], None] = field(default=_ignore, repr=False)
    interruptible: Callable[[], AbstractContextManager[None]] = field(default=nullcontext, repr=False)
    is_over: Callable[[], bool] = field(default=_never, repr=False)


class Orchestrator(Protocol):
    """Takes attempts to where they run and brings completions back; interprets nothing.

    The engine calls every method from one thread. It keeps at most ``2 * slots`` attempts in flight.
    """

    @property
    def slots(self) -> int:
        """Return how many attempts can usefully run at once, at least 1."""
        ...

    def open(self, context: OpenContext) -> None:
        """Start the pool, loop or cluster. Called once per run; a second run on the same object may follow close."""
        ...

    def submit(self, attempt: Attempt) -> None:
        """Take an attempt; never blocks and never raises for a worker's sake."""
        ...

    def poll(self, timeout: float) -> Sequence[Completion]:
        """Return completions, waiting for at most ``timeout`` seconds; an empty answer is fine.

        An orchestrator that ``runs_in_caller`` may run one attempt in here, however long that takes, inside
        ``OpenContext.interruptible()``.
        """
        ...

    def cancel(self, attempt_id: int) -> bool:
        """Call off an attempt; return True where it will certainly not complete.

        One that has not started is called off by everybody. One that runs is ended by who ``can_kill``; others return
        False and leave it alone: the engine ignores its result, and counts on one slot less until it comes.
        """
        ...

    def close(self, *, force: bool) -> None:
        """Close the workers and leave no process, thread or file behind; with ``force`` do not wait for running attempts. Idempotent."""
        ...
