"""The orchestrator contract: attempts go in, completions come out."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Literal, Protocol

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from pipeline_optimization.types.task_quota import TaskQuota

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
    """One execution of an item, which an orchestrator takes to a worker.

    Attributes:
        id: Identifies the attempt among all of its run.
        item: Names the item, as TASK:ITEM.
        number: The number of the attempt among those of its item, from 1. If an attempt is lost with its worker, it is made again under
            a new id and the same number.
        payload: All that the worker needs: the argument of ``Worker.run_attempt``.
        once: Whether an orchestrator must not run a second copy of the attempt at the same time, since the calls of its task are limited.
        is_bundle: Whether the attempt has several elements of the input.
    """

    id: int
    item: str
    number: int
    payload: bytes = field(repr=False)
    once: bool = False
    is_bundle: bool = False


@frozen(kw_only=True)
class Completion:
    """What an orchestrator says of an attempt that is over.

    Attributes:
        id: The id of the attempt.
        status: ``done`` if the worker has answered, also if the task failed; ``lost`` if the worker died.
        payload: The bytes that ``Worker.run_attempt`` returned, unchanged.
        worker: Names the worker: a process id, a thread, or an address.
        detail: What is known of the death of the worker, for people.
    """

    id: int
    status: Literal["done", "lost"]
    payload: bytes = field(default=b"", repr=False)
    worker: str = ""
    detail: str = ""


@frozen(kw_only=True)
class ErrorRecord:
    """An exception as data. It is not sent as an exception, since some exceptions cannot be unpickled.

    Attributes:
        type: The qualified name of the class. For built-in exceptions and the project's own it is without the module.
        message: The text of the exception.
        traceback: The traceback as text; empty for a simulated failure.
        injected: Whether the failure was simulated.
        is_permanent: Whether another attempt would certainly fail in the same way, as its task says.
        retry_after: How many seconds the error asks to wait before another attempt; None if it does not ask.
    """

    type: str
    message: str
    traceback: str = field(default="", repr=False)
    injected: bool = False
    is_permanent: bool = False
    retry_after: float | None = None


@frozen(kw_only=True)
class Capabilities:
    """What an orchestrator can do. The conformance kit checks that it can do what it declares.

    Attributes:
        isolation: What a crash of a task ends: ``none`` is the whole program, ``process`` one process, ``host`` one machine.
        can_kill: Whether ``cancel`` certainly ends a running attempt.
        exact_blame: Whether a ``lost`` completion is certainly of the attempt that was running when the worker died.
        is_parallel: Whether attempts that compute run at the same time.
        is_distributed: Whether workers may be on other machines.
        shared_files: Whether workers can open the paths that the parent can open.
        announces_start: Whether ``OpenContext.started`` is called when an attempt starts. Then the time for which it waits before does not count
            for its time limit.
        runs_in_caller: Whether attempts run inside ``poll``, where a Ctrl-C may interrupt them (``OpenContext.interruptible``). The next ``poll``
            reports an interrupted attempt as lost.
        has_event_loop: Whether attempts are awaited in one event loop (``Worker.run_attempt_async``). A bundle may then await several elements at
            once, which take as many places in the loop (``engine.places``).
        chooses: Whether it hands all attempts to another orchestrator, which it chooses itself and which may use other processes. Comparisons leave
            it out unless somebody names it.
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

    Attributes:
        run_id: Names the run.
        worker_init: The bytes that workers are made of. Each process that runs attempts makes one worker, ``Worker(context.worker_init)``, which
            all its threads may share, and closes it at the end (``Worker.close``).
        started: Call it with the id of each attempt that starts to run, from any thread of the parent's process.
        interruptible: Returns a context in which a Ctrl-C raises KeyboardInterrupt; outside, it waits until the method has returned. If ``poll``
            runs attempts in its own thread, it runs each of them inside this context. If ``open`` waits for a cluster, it waits inside it.
        is_over: Returns whether the run waits for no attempt any more, since its deadline or the grace period has passed. Every thread may call it.
            If attempts run in the parent's process, give it to ``Worker.run_attempt``. That then raises ``engine.cutting.CutShort`` between
            two pieces of work, and the attempt is reported as lost.
        quotas: How many calls of tasks the run allows. The engine keeps to them; they are told for orchestrators that choose how many workers to have.
    """

    run_id: str
    worker_init: bytes = field(repr=False)
    started: Callable[[int], None] = field(default=_ignore, repr=False)
    interruptible: Callable[[], AbstractContextManager[None]] = field(default=nullcontext, repr=False)
    is_over: Callable[[], bool] = field(default=_never, repr=False)
    quotas: Sequence[TaskQuota] = ()


class Orchestrator(Protocol):
    r"""Moves attempts to workers and completions back. What is in them does not concern it: the engine counts, retries and gives up.

    The engine calls every method from one thread. At most ``2 * slots`` attempts are open at any time.

    A whole orchestrator, which runs attempts in a pool of threads::

        import threading
        from concurrent.futures import ThreadPoolExecutor
        from functools import partial

        from pipeline_optimization import Pipeline, run
        from pipeline_optimization.engine.inbox import Inbox
        from pipeline_optimization.engine.worker import Worker
        from pipeline_optimization.types import Completion


        class ThreadPool:
            slots = 4
            pool = None

            def open(self, context):
                self.worker = Worker(context.worker_init)
                self.pool = ThreadPoolExecutor(self.slots)
                self.is_closing = threading.Event()
                self.futures = {}
                self.inbox = Inbox()

            def submit(self, attempt):
                # Simulated latencies are waited for with the event, so that they end when the orchestrator closes.
                run_attempt = partial(self.worker.run_attempt, sleep=self.is_closing.wait)
                self.futures[attempt.id] = future = self.pool.submit(run_attempt, attempt.payload)
                future.add_done_callback(partial(self.bring_back, attempt.id))

            def bring_back(self, attempt_id, future):
                del self.futures[attempt_id]
                if not future.cancelled():
                    name = threading.current_thread().name
                    self.inbox.put(Completion(id=attempt_id, status="done", payload=future.result(), worker=name))

            def poll(self, timeout):
                return self.inbox.take(timeout)

            def cancel(self, attempt_id):
                future = self.futures.get(attempt_id)
                return future is None or future.cancel()

            def close(self, *, force):
                if self.pool is not None:
                    self.is_closing.set()
                    self.pool.shutdown(wait=not force, cancel_futures=True)
                    self.worker.close()
                    self.pool = None


        report = run(Pipeline("sum").lines().map(int).sum(), "1\n2\n3", orchestrator=ThreadPool())
        assert report.result == 6
    """

    @property
    def slots(self) -> int:
        """Return how many attempts can usefully run at once, at least 1."""
        ...

    def open(self, context: OpenContext) -> None:
        """Start whatever runs attempts: threads, processes, a connection to a cluster.

        It is called once for each run. After ``close``, another run may follow on the same object.
        """
        ...

    def submit(self, attempt: Attempt) -> None:
        """Take an attempt, without waiting for a worker. If a worker has died, ``poll`` says so later."""
        ...

    def poll(self, timeout: float) -> Sequence[Completion]:
        """Return the completions that have come. If there is none, wait for one for at most ``timeout`` seconds; then return an empty list.

        An orchestrator that ``runs_in_caller`` may run one attempt in here, inside ``OpenContext.interruptible()``. That may take
        longer than the timeout.
        """
        ...

    def cancel(self, attempt_id: int) -> bool:
        """Cancel an attempt, and return whether it certainly brings no completion any more.

        Every orchestrator cancels an attempt that has not started. An attempt that runs is ended if the orchestrator ``can_kill``. Otherwise
        it returns False and lets the attempt go on. The engine ignores its result, and counts on one slot less until it comes.
        """
        ...

    def close(self, *, force: bool) -> None:
        """Close the workers, and leave no process, thread or file behind. A second call, or one before ``open``, does nothing.

        With ``force``, it does not wait for attempts that run.
        """
        ...
