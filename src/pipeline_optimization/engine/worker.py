"""What runs in a worker: it decodes a call, waits its simulated latency, runs the task, and answers.

It raises nothing of a task's, because some exceptions cannot be unpickled and some end a worker: errors travel as data.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, cast

from pipeline_optimization.engine.attempt_here import attempt_here
from pipeline_optimization.engine.cutting import CutShort, IsOver, never
from pipeline_optimization.engine.faults import CALM, Draw, pass_latency, pass_latency_async
from pipeline_optimization.engine.log_origin import process_here
from pipeline_optimization.engine.stage import (
    AsyncStage,
    Bundled,
    ClosingStage,
    DescribingStage,
    Stage,
    describe_error,
    end_fork,
    is_of_the_run,
)
from pipeline_optimization.engine.waiting import Steps, ThreadTime
from pipeline_optimization.engine.wire import Answer, Call, Done, decode_call, encode_answer
from pipeline_optimization.engine.worker_setup import WorkerSetup
from pipeline_optimization.types import ErrorRecord

if TYPE_CHECKING:
    from pipeline_optimization.engine.attempt_log import AttemptLog, LogSettings
    from pipeline_optimization.engine.log_capture import LogCapture

__all__ = [
    "DESCRIBE_WORKER",
    "AsyncStage",
    "Bundled",
    "Stage",
    "Worker",
    "WorkerSetup",
    "describe_error",
]


DESCRIBE_WORKER = "describe_worker"
"""The task whose result are the facts in which all processes of a run must agree."""


class Worker:
    """Runs attempts. One object serves all threads of a process; its stages are built at the first attempt.

    Whoever makes a worker closes it when no attempt will be run any more: with ``close``, or with ``close_async`` in the event loop that
    ran the attempts. Of several threads that run attempts, each calls ``close_thread`` at its end before. ``name`` is what completions call the
    worker, where that is not the name of the thread.
    """

    def __init__(self, worker_init: bytes, *, name: str = "") -> None:
        self.name = name
        self.run = ""
        self.capture: LogCapture | None = None
        self._init = worker_init
        self._lock = threading.RLock()
        self._setup: WorkerSetup | None = None
        self._stages: Mapping[str, Stage] | None = None

    def begin(self, payload: bytes, *, is_over: IsOver = never) -> Pending:
        """Decode an attempt and draw its faults, so that the caller can let the latency pass in its own way."""
        call, began = decode_call(payload), time.monotonic_ns()
        return Pending(self, call, self._draw(call), began, is_over)

    def run_attempt(
        self, payload: bytes, *, sleep: Callable[[float], object] = time.sleep, is_over: IsOver = never
    ) -> bytes:
        """Run one attempt to its end and return the answer's bytes. ``sleep`` lets the simulated latency pass.

        Raises CutShort between two pieces of its work if ``is_over`` returns True.
        """
        call, began = decode_call(payload), time.monotonic_ns()
        draw = pass_latency(
            call.task,
            call.fault_key,
            lambda: self._draw(call),
            number=call.number,
            policy=self._policy_of(call),
            sleep=sleep,
        )
        return Pending(self, call, draw, began, is_over).finish()

    async def run_attempt_async(
        self,
        payload: bytes,
        *,
        interruptible: Callable[[], AbstractContextManager[None]] = nullcontext,
        is_over: IsOver = never,
    ) -> bytes:
        """Do the same while an event loop serves others during the latency.

        The task runs inside ``interruptible()``, the event loop's own steps outside it.
        """
        call, began = decode_call(payload), time.monotonic_ns()
        draw = await pass_latency_async(
            call.task, call.fault_key, lambda: self._draw(call), number=call.number, policy=self._policy_of(call)
        )
        pending = Pending(self, call, draw, began, is_over)
        with interruptible():
            if not pending.can_await:
                return pending.finish()
        return await pending.finish_async()

    def close(self) -> None:
        """Close what the stages hold, such as connections. What an attempt uses that still runs is closed when that attempt ends."""
        if self.capture is not None:
            self.capture.close()
        for stage in self._closing():
            stage.close()

    async def close_async(self) -> None:
        """Do the same in the event loop that ran the attempts, after those that it still has were cancelled."""
        if self.capture is not None:
            self.capture.close()
        for stage in self._closing():
            await stage.close_async()

    def close_thread(self) -> None:
        """Close what the stages hold for the calling thread, which runs no more attempts: some things only their own thread can close."""
        for stage in self._closing():
            stage.close_thread()

    def _closing(self) -> Iterator[ClosingStage]:
        # What was never built holds nothing.
        stages = () if self._stages is None else self._stages.values()
        return (cast("ClosingStage", stage) for stage in stages if hasattr(stage, "close_thread"))

    @property
    def is_timed(self) -> bool:
        """Return whether somebody wants to know how attempts spend their time; of a set-up that cannot be loaded, nobody."""
        return self._setup is not None and self._setup.is_timed

    def _policy_of(self, call: Call) -> str:
        try:
            setup = self.setup
            return setup.own_policies.get(call.task, setup.policy)
        except Exception:  # noqa: BLE001 - as below
            return ""

    def _draw(self, call: Call) -> Draw:
        try:
            return self.setup.faults.draw(call.task, call.fault_key, call.number, call.copy)
        except Exception:  # noqa: BLE001 - whatever keeps the set-up from loading; finish() meets it again and answers
            return CALM

    @property
    def setup(self) -> WorkerSetup:
        if self._setup is None:
            with self._lock:
                if self._setup is None:
                    self._follow_logging(WorkerSetup.logs_of(self._init))
                    self._setup = WorkerSetup.from_bytes(self._init)
        return self._setup

    def _follow_logging(self, logs: LogSettings | None) -> None:
        """Let what tasks log here reach the run's parent, before anything is imported that may log. In the parent itself it does so anyway."""
        if logs is None or self.run:
            return
        self.run = logs.run
        if logs.process != process_here():
            from pipeline_optimization.engine.log_capture import LogCapture  # noqa: PLC0415 - logging, where the parent uses it

            self.capture = LogCapture(logs, self)

    def stage(self, task: str) -> Stage:
        """Return a task's stage, building all of them at the first call."""
        if self._stages is None:
            with self._lock:
                if self._stages is None:
                    self._stages = self.setup.build(self.setup.argument)
        return self._stages[task]


class Pending:
    """An attempt between its decoding and its end."""

    element: Callable[[], str] | None = None
    log: AttemptLog | None = None
    is_answered = False

    def __init__(self, worker: Worker, call: Call, draw: Draw, began: int, is_over: IsOver) -> None:
        self._worker = worker
        self.call = call
        self._draw = draw
        self._began = began
        self.is_over = is_over
        self._process = os.getpid()
        self._took: float | None = None
        self._stage: Stage | None = None
        # What passed so far beside simulated computing: a simulated wait, if there is one, or what others had the core.
        passed = max(0.0, (time.monotonic_ns() - began) / 1e9 - draw.compute) if draw.time else 0.0
        self._waited, self._stalled = (passed, 0.0) if draw.latency else (0.0, passed)
        self._thread: ThreadTime | None = None

    @property
    def run(self) -> str:
        return self._worker.run

    @property
    def worker_name(self) -> str:
        return self._worker.name

    @property
    def latency(self) -> float:
        """Return the simulated seconds that the attempt takes its worker."""
        return self._draw.time

    @property
    def can_await(self) -> bool:
        """Return whether the task is one that an event loop may await."""
        try:
            return hasattr(self._get_stage(), "run_async")
        except BaseException as error:
            if is_of_the_run(error):
                raise
            return False  # whatever keeps stages from being built: finish() meets it again and answers

    def finish(self, took: float | None = None) -> bytes:
        """Run the task and return the answer's bytes. ``took`` is how many seconds that takes where time is simulated."""
        self._took = took
        before = attempt_here.set(self)
        try:
            if self._worker.is_timed:
                self._thread = ThreadTime()
            self._begin()
            return self._done(self._get_stage()(self.call.data))
        except BaseException as error:
            if is_of_the_run(error):
                raise
            return self._failed(error)  # SystemExit too: a task must not end its worker
        finally:
            if self._thread is not None:
                self._thread.end()
            attempt_here.reset(before)

    async def finish_async(self) -> bytes:
        """Do the same with a task that ``can_await``, while an event loop serves others."""
        from asyncio import CancelledError, current_task  # noqa: PLC0415 - whoever awaits has imported it; others do not pay for it

        before = attempt_here.set(self)
        try:
            self._begin()
            stage = cast("AsyncStage", self._get_stage())
            return self._done(await self._timed(stage.run_async(self.call.data)))
        except BaseException as error:
            if is_of_the_run(error):
                raise
            if isinstance(error, CancelledError) and (us := current_task()) is not None and us.cancelling():
                raise  # else the task has raised it itself
            return self._failed(error)
        finally:
            attempt_here.reset(before)

    async def _timed(self, coroutine: Coroutine[Any, Any, bytes | Bundled]) -> bytes | Bundled:
        if not self._worker.setup.is_timed:
            return await coroutine
        steps = Steps(coroutine)
        try:
            return await steps
        finally:
            self._waited += steps.waited / 1e9

    def _begin(self) -> None:
        if self.is_over():
            raise CutShort
        self._draw.check(self.call.task, self.call.number)

    def _done(self, found: bytes | Bundled) -> bytes:
        self._look_around()
        one = found if isinstance(found, Bundled) else Bundled(found, ())
        return self._answer(result=one.result, done=one.done, elements=one.elements)

    def _failed(self, error: BaseException) -> bytes:
        self._look_around()
        describe = cast("DescribingStage", self._stage).describe if hasattr(self._stage, "describe") else describe_error
        record = describe(error)
        return self._answer(error=record)

    def _answer(
        self, *, result: bytes = b"", error: ErrorRecord | None = None, done: Sequence[Done] = (), elements: int = 1
    ) -> bytes:
        self.is_answered, capture = True, self._worker.capture
        began, seconds = self._began, (time.monotonic_ns() - self._began) / 1e9
        thread = self._thread
        waited, stalled = self._waited, self._stalled
        if thread is not None:
            waited, stalled = waited + thread.waited, stalled + thread.stalled
        if self._took is not None:  # in imagined time
            began, seconds, waited, stalled = 0, self._took, max(0.0, self._took - self._draw.compute), 0.0
        return encode_answer(
            Answer(
                result=result,
                error=error,
                latency=self._draw.time,
                seconds=seconds,
                began=began,
                done=done,
                elements=elements,
                log=self.log if capture is None else capture.take(self.log),
                waited=waited,
                stalled=stalled,
            )
        )

    def _look_around(self) -> None:
        """End this process if it is a copy of the one in which the attempt began: two answers would be one too many."""
        if os.getpid() != self._process:
            end_fork(f"The task {self.call.task!r}")

    def _get_stage(self) -> Stage:
        if self._stage is None:
            self._stage = self._worker.stage(self.call.task)
        return self._stage
