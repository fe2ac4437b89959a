"""What runs in a worker: it decodes a call, waits its simulated latency, runs the task, and answers.

It raises nothing of a task's, because some exceptions cannot be unpickled and some end a worker: errors travel as data.
"""

from __future__ import annotations

import pickle
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import pairwise
from typing import Protocol, cast

from attrs import field, frozen

from pipeline_optimization.engine.cutting import CutShort, IsOver, is_over_here, never
from pipeline_optimization.engine.faults import CALM, Draw, FaultPlan, pass_latency, pass_latency_async
from pipeline_optimization.engine.wire import Answer, Call, Done, decode_call, encode_answer
from pipeline_optimization.error_text import message_of
from pipeline_optimization.errors import InjectedFault, PluginError
from pipeline_optimization.file_module import FileModule
from pipeline_optimization.types import ErrorRecord

__all__ = ["DESCRIBE_WORKER", "AsyncStage", "Bundled", "Stage", "Worker", "WorkerSetup", "describe_error"]


@frozen
class Bundled:
    """What a stage returns that did items of other tasks, too."""

    result: bytes
    done: Sequence[Done]


Stage = Callable[[bytes], bytes | Bundled]

DESCRIBE_WORKER = "describe_worker"
"""The task whose result are the facts in which all processes of a run must agree."""


@frozen(kw_only=True)
class WorkerSetup:
    """How to equip a worker: ``build(argument)`` returns its stages by task name. Both must be picklable.

    ``files`` are the modules of plugins that are single files; a worker makes them before it unpickles the rest.
    ``policy`` is the label of the run's retry policy, for the harness's record, and ``own_policies`` those of tasks that have their own.
    """

    build: Callable[[object], Mapping[str, Stage]]
    argument: object
    faults: FaultPlan
    files: Sequence[FileModule] = ()
    policy: str = ""
    own_policies: Mapping[str, str] = field(factory=dict)

    def to_bytes(self) -> bytes:
        """Return what makes a worker. Raises PluginError where a component cannot be found by name elsewhere."""
        try:
            setup = pickle.dumps(self, pickle.HIGHEST_PROTOCOL)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise PluginError(
                f"A chosen component cannot be sent to workers: {error}. Its factory, its options class and its options "
                "must be importable by name: define them at the top level of a module.",
                plugin=repr(self.argument),
            ) from error
        return pickle.dumps((tuple(self.files), setup), pickle.HIGHEST_PROTOCOL)

    @property
    def modules(self) -> Sequence[str]:
        """Return what workers import, for processes that can share it: where ``build`` is, and ``argument.modules``, if any."""
        return [self.build.__module__, *getattr(self.argument, "modules", ())]

    @staticmethod
    def names_of_main(data: bytes) -> Sequence[str]:
        """Return what of a set-up is defined in the program itself, ``__main__``, where other processes hardly find it."""
        _, setup = pickle.loads(data)
        if b"__main__" not in setup:
            return ()
        import pickletools  # noqa: PLC0415 - for this case only

        # A class or a function is pickled as the names of its module and of itself.
        texts = [text for code, text, _ in pickletools.genops(setup) if code.name.endswith("BINUNICODE")]
        return [str(name) for module, name in pairwise(texts) if module == "__main__"]

    @classmethod
    def from_bytes(cls, data: bytes) -> WorkerSetup:
        """Return what was set up. Raises whatever importing the components raises."""
        files, setup = pickle.loads(data)
        for file in files:
            file.restore()
        return cast("WorkerSetup", pickle.loads(setup))


class AsyncStage(Protocol):
    """A stage that an event loop may await. ``permanent`` are the errors that another attempt would meet again."""

    permanent: tuple[type[BaseException], ...]

    async def run_async(self, data: bytes) -> bytes | Bundled: ...


def describe_error(error: BaseException, *, is_permanent: bool = False) -> ErrorRecord:
    """Turn an exception into data."""
    kind = type(error)
    is_familiar = kind.__module__ in {"builtins", InjectedFault.__module__}
    name = kind.__qualname__ if is_familiar else f"{kind.__module__}.{kind.__qualname__}"
    injected = isinstance(error, InjectedFault)
    trace = "" if injected else "".join(traceback.format_exception(error))
    return ErrorRecord(
        type=name, message=message_of(error), traceback=trace, injected=injected, is_permanent=is_permanent
    )


class Worker:
    """Runs attempts. One object serves all threads of a process; its stages are built at the first attempt."""

    def __init__(self, worker_init: bytes) -> None:
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
                    self._setup = WorkerSetup.from_bytes(self._init)
        return self._setup

    def stage(self, task: str) -> Stage:
        """Return a task's stage, building all of them at the first call."""
        if self._stages is None:
            with self._lock:
                if self._stages is None:
                    self._stages = self.setup.build(self.setup.argument)
        return self._stages[task]


class Pending:
    """An attempt between its decoding and its end."""

    def __init__(self, worker: Worker, call: Call, draw: Draw, began: int, is_over: IsOver) -> None:
        self._worker = worker
        self._call = call
        self._draw = draw
        self._began = began
        self._is_over = is_over
        self._took: float | None = None
        self._stage: Stage | None = None

    @property
    def latency(self) -> float:
        return self._draw.latency

    @property
    def can_await(self) -> bool:
        """Return whether the task is one that an event loop may await."""
        try:
            return hasattr(self._get_stage(), "run_async")
        except KeyboardInterrupt:
            raise
        except BaseException:  # noqa: BLE001 - whatever keeps stages from being built: finish() meets it again and answers
            return False

    def finish(self, took: float | None = None) -> bytes:
        """Run the task and return the answer's bytes. ``took`` is how many seconds that takes where time is simulated."""
        self._took = took
        before = is_over_here.set(self._is_over)
        try:
            self._begin()
            return self._done(self._get_stage()(self._call.data))
        except (KeyboardInterrupt, CutShort):
            raise
        except BaseException as error:  # noqa: BLE001 - SystemExit too: a task must not end its worker
            return self._failed(error)
        finally:
            is_over_here.reset(before)

    async def finish_async(self) -> bytes:
        """Do the same with a task that ``can_await``, while an event loop serves others."""
        from asyncio import CancelledError  # noqa: PLC0415 - whoever awaits has imported it; others do not pay for it

        before = is_over_here.set(self._is_over)
        try:
            self._begin()
            stage = cast("AsyncStage", self._get_stage())
            return self._done(await stage.run_async(self._call.data))
        except (KeyboardInterrupt, CutShort, CancelledError):
            raise
        except BaseException as error:  # noqa: BLE001 - as above
            return self._failed(error)
        finally:
            is_over_here.reset(before)

    def _begin(self) -> None:
        if self._is_over():
            raise CutShort
        self._draw.check(self._call.task, self._call.number)

    def _done(self, found: bytes | Bundled) -> bytes:
        result, done = (found.result, found.done) if isinstance(found, Bundled) else (found, ())
        return encode_answer(Answer(result=result, latency=self._draw.latency, seconds=self._seconds(), done=done))

    def _failed(self, error: BaseException) -> bytes:
        permanent = getattr(self._stage, "permanent", ())
        record = describe_error(error, is_permanent=isinstance(error, permanent))
        return encode_answer(Answer(error=record, latency=self._draw.latency, seconds=self._seconds()))

    def _get_stage(self) -> Stage:
        if self._stage is None:
            self._stage = self._worker.stage(self._call.task)
        return self._stage

    def _seconds(self) -> float:
        return (time.monotonic_ns() - self._began) / 1e9 if self._took is None else self._took
