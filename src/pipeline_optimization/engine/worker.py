"""Runs attempts in a worker: it decodes the call, lets the simulated latency pass, runs the task, and returns the answer as bytes.

The module ``wire`` shows the way of an attempt from the engine to a worker and back.

An error of a task is returned as data and not raised. Some exceptions cannot be unpickled in the parent, and some, such as SystemExit, would
end the worker. Only what ends the attempt with its run is raised (``stage.is_of_the_run``).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, cast

from pipeline_optimization.engine.attempt_here import attempt_here
from pipeline_optimization.engine.cutting import CutShort, IsOver, never
from pipeline_optimization.engine.faults import CALM, Draw, pass_latency, pass_latency_async
from pipeline_optimization.engine.stage import (
    AsyncStage,
    Bundled,
    DescribingStage,
    Stage,
    describe_error,
    end_fork,
    is_of_the_run,
)
from pipeline_optimization.engine.waiting import ThreadTime, Turns
from pipeline_optimization.engine.wire import Answer, Call, decode_call, encode_answer
from pipeline_optimization.engine.worker_setup import Equipment, WorkerSetup
from pipeline_optimization.types import ErrorRecord

if TYPE_CHECKING:
    from pipeline_optimization.engine.attempt_log import AttemptLog

__all__ = ["DESCRIBE_WORKER", "AsyncStage", "Bundled", "Stage", "Worker", "WorkerSetup", "describe_error"]

DESCRIBE_WORKER = "describe_worker"
"""The name of the task that returns facts about its process. They must be the same in all processes of a run."""


class Worker(Equipment):
    """Runs attempts. All threads of a process may share one worker. It builds its stages at its first attempt.

    Close the worker when it will run no more attempts: with ``close``, or with ``close_async`` in the event loop that ran the attempts. If
    several threads run attempts, each of them calls ``close_thread`` at its end. The worker is closed after that.

    Args:
        worker_init: The bytes that a worker is made of (``OpenContext.worker_init``).
        name: The name of the worker in completions and log records; empty if it is the name of the thread.
    """

    def __init__(self, worker_init: bytes, *, name: str = "") -> None:
        super().__init__(worker_init)
        self.name = name

    def begin(self, payload: bytes, *, is_over: IsOver = never) -> Pending:
        """Decode an attempt and draw its faults. The caller lets ``Pending.latency`` pass in its own way, and then calls ``finish``."""
        call, began = decode_call(payload), time.monotonic_ns()
        draw = self._draw_of(call)  # the first draw loads the set-up
        return Pending(self, call, draw, began, ready=time.monotonic_ns(), is_over=is_over)

    def run_attempt(
        self, payload: bytes, *, sleep: Callable[[float], object] = time.sleep, is_over: IsOver = never
    ) -> bytes:
        """Run an attempt to its end, and return the answer as bytes.

        Args:
            payload: The bytes of the attempt (``Attempt.payload``).
            sleep: Called with the simulated latency in seconds.
            is_over: Returns whether the run is over. The attempt asks between its latency and its task, and between two pieces of its work.

        Raises:
            CutShort: If the run is over. A KeyboardInterrupt of a signal comes out, too.
        """
        call, began = decode_call(payload), time.monotonic_ns()
        policy, ready = self._policy_of(call), time.monotonic_ns()  # in this order: the first look-up loads the set-up
        draw = pass_latency(
            call.task, call.fault_key, lambda: self._draw_of(call), number=call.number, policy=policy, sleep=sleep
        )
        return Pending(self, call, draw, began, ready=ready, is_over=is_over).finish()

    async def run_attempt_async(
        self,
        payload: bytes,
        *,
        interruptible: Callable[[], AbstractContextManager[None]] = nullcontext,
        is_over: IsOver = never,
    ) -> bytes:
        """Run an attempt to its end in an event loop, which serves others while the attempt waits, and return the answer as bytes.

        Args:
            payload: The bytes of the attempt (``Attempt.payload``).
            interruptible: Returns a context in which a signal may interrupt the task. The event loop itself runs outside this
                context: a signal there could leave the loop in a state from which it cannot go on.
            is_over: Returns whether the run is over.

        Raises:
            CutShort: If the run is over. A KeyboardInterrupt of a signal comes out, too.
        """
        call, began = decode_call(payload), time.monotonic_ns()
        policy, ready = self._policy_of(call), time.monotonic_ns()  # in this order, as in ``run_attempt``
        draw = await pass_latency_async(
            call.task, call.fault_key, lambda: self._draw_of(call), number=call.number, policy=policy
        )
        pending = Pending(self, call, draw, began, ready=ready, is_over=is_over)
        with interruptible():
            if not pending.can_await:
                return pending.finish()
        return await pending.finish_async()

    def _draw_of(self, call: Call) -> Draw:
        try:
            return self.setup.draw(call)
        except BaseException as error:
            if is_of_the_run(error):
                raise
            return CALM  # ``finish`` draws again, with the same arguments and the same error, which becomes the answer

    def _policy_of(self, call: Call) -> str:
        try:
            return self.setup.own_policies.get(call.task, self.setup.policy)
        except BaseException as error:
            if is_of_the_run(error):
                raise
            return ""  # as in ``_draw_of``: if the set-up cannot be loaded, ``finish`` finds the same error


class Pending:
    """An attempt whose call is decoded and whose faults are drawn, but whose task has not run yet.

    While the task runs, this object is the ``attempt_here`` of its thread or coroutine, so the attributes have the meaning that they
    have in ``AttemptHere``.

    Args:
        worker: The worker that runs the attempt.
        call: What it runs.
        draw: The faults of the attempt.
        began: When the attempt began, in nanoseconds of the monotonic clock.
        ready: When the worker had its set-up, likewise; ``_policy_of`` loads it at the first attempt. The simulated latency began then. It has
            passed by now, unless the caller of ``begin`` lets it pass.
        is_over: Returns whether the run is over.
    """

    element: Callable[[], str] | None = None
    log: AttemptLog | None = None
    is_answered = False

    def __init__(self, worker: Worker, call: Call, draw: Draw, began: int, *, ready: int, is_over: IsOver) -> None:
        self._worker = worker
        self.call = call
        self._draw = draw
        self._began = began
        self.is_over = is_over
        self._process = os.getpid()  # ``FORKS`` would miss a fork by C code, and asking once is cheap
        self._took: float | None = None
        self._stage: Stage | None = None
        # From ``ready`` until now, the attempt has waited and computed as its draw says. Less the computing, that is the wait. If the draw
        # has no wait, the thread stalled: others had the processor core.
        passed = max(0.0, (time.monotonic_ns() - ready) / 1e9 - draw.compute) if draw.time else 0.0
        self._waited, self._stalled = (passed, 0.0) if draw.latency else (0.0, passed)
        self._thread: ThreadTime | None = None

    @property
    def run_id(self) -> str:
        """Return the id of the run; empty if the parent does not want log records."""
        return self._worker.run_id

    @property
    def worker_name(self) -> str:
        """Return the name of the worker; empty if it is the name of the thread."""
        return self._worker.name

    @property
    def is_timed(self) -> bool:
        """Return whether somebody wants to know how the attempt spends its time."""
        return self._worker.is_timed

    @property
    def latency(self) -> float:
        """Return how many simulated seconds the attempt takes, waiting and computing."""
        return self._draw.time

    @property
    def can_await(self) -> bool:
        """Return whether an event loop can await the task."""
        try:
            return hasattr(self._get_stage(), "run_async")
        except BaseException as error:
            if is_of_the_run(error):
                raise
            return False  # the stages cannot be built. ``finish`` raises this error again, and makes it the answer

    def finish(self, took: float | None = None) -> bytes:
        """Run the task, and return the answer as bytes.

        Args:
            took: How many seconds the attempt took, if time is simulated. None if time is real: then the attempt is measured.
        """
        self._took = took
        token = attempt_here.set(self)
        try:
            if self._worker.is_timed:
                self._thread = ThreadTime()
            self._check()
            return self._done(self._get_stage()(self.call.data))
        except BaseException as error:
            self._end_if_forked()
            if is_of_the_run(error):
                raise
            # All exceptions, SystemExit among them: a task must not end its worker.
            return self._failed(error)
        finally:
            if self._thread is not None:
                self._thread.end()
            attempt_here.reset(token)

    async def finish_async(self) -> bytes:
        """Run a task that ``can_await`` in an event loop, and return the answer as bytes."""
        from asyncio import CancelledError, current_task  # noqa: PLC0415 - an event loop has imported it; other runs do without

        token = attempt_here.set(self)
        try:
            self._check()
            stage = cast("AsyncStage", self._get_stage())
            return self._done(await self._timed(stage.run_async(self.call.data)))
        except BaseException as error:
            self._end_if_forked()
            if is_of_the_run(error):
                raise
            # An orchestrator ends an attempt by cancelling its asyncio task, which then wants no answer. If nobody has cancelled the task, the
            # user's function raised the error itself, which is a failure as any other.
            if isinstance(error, CancelledError) and (task := current_task()) is not None and task.cancelling():
                raise
            return self._failed(error)
        finally:
            attempt_here.reset(token)

    async def _timed(self, coroutine: Coroutine[Any, Any, bytes | Bundled]) -> bytes | Bundled:
        """Await a coroutine, and measure for how long it waits. The thread is not measured: in an event loop, its time belongs to many attempts."""
        if not self._worker.is_timed:
            return await coroutine
        turns = Turns(coroutine)
        try:
            return await turns
        finally:
            self._waited += turns.waited_ns / 1e9

    def _check(self) -> None:
        if self.is_over():
            raise CutShort
        if self._draw is CALM:  # either the task has no faults, or drawing them raised an error
            self._worker.setup.draw(self.call)
        self._draw.raise_if_fails(self.call.task, self.call.number)

    def _done(self, result: bytes | Bundled) -> bytes:
        self._end_if_forked()
        return self._answer(result if isinstance(result, Bundled) else Bundled(result, ()))

    def _failed(self, error: BaseException) -> bytes:
        describe = cast("DescribingStage", self._stage).describe if hasattr(self._stage, "describe") else describe_error
        return self._answer(Bundled(b"", ()), describe(error))

    def _answer(self, bundled: Bundled, error: ErrorRecord | None = None) -> bytes:
        capture = self._worker.capture
        self.is_answered = True  # what a thread of the task logs from now on waits for another answer
        began, seconds = self._began, (time.monotonic_ns() - self._began) / 1e9
        thread, waited, stalled = self._thread, self._waited, self._stalled
        if thread is not None:
            waited, stalled = waited + thread.waited, stalled + thread.stalled
        if self._took is not None:  # time is simulated, so nothing that was measured counts
            began, seconds, waited, stalled = 0, self._took, max(0.0, self._took - self._draw.compute), 0.0
            bundled = bundled._replace(steps=())
        return encode_answer(
            Answer(
                result=bundled.result,
                error=error,
                latency=self._draw.time,
                seconds=seconds,
                began=began,
                done=bundled.done,
                elements=bundled.elements,
                log=self.log if capture is None else capture.take(self.log),
                waited=waited,
                stalled=stalled,
                steps=bundled.steps,
            )
        )

    def _end_if_forked(self) -> None:
        """End this process if the task has forked and this is the child. The parent of the fork gives the answer."""
        if os.getpid() != self._process:
            end_fork(f"The task {self.call.task!r}")

    def _get_stage(self) -> Stage:
        if self._stage is None:
            self._stage = self._worker.stage(self.call.task)
        return self._stage
