"""What a worker is made of: the set-up, which travels to it as bytes, and the stages that it builds from it."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from attrs import field, frozen

from pipeline_optimization.engine.faults import Draw, FaultPlan
from pipeline_optimization.engine.log_origin import process_here
from pipeline_optimization.engine.stage import ClosingStage, Stage
from pipeline_optimization.errors import PluginError
from pipeline_optimization.file_module import FileModule

if TYPE_CHECKING:
    from pipeline_optimization.engine.attempt_log import LogSettings
    from pipeline_optimization.engine.log_capture import LogCapture
    from pipeline_optimization.engine.wire import Call

__all__ = ["Equipment", "WorkerSetup"]


@frozen(kw_only=True, eq=False, repr=False)
class WorkerSetup:
    """What the parent tells its workers.

    Attributes:
        build: Called in the worker with ``argument``; returns the stages by task name. It must be picklable.
        argument: What ``build`` gets. It must be picklable. It may have an attribute ``modules``, the names of more modules that workers import.
        faults: The faults that the attempts meet.
        files: The modules of plugins that are single files. A worker creates them before it unpickles the rest.
        is_timed: Whether workers measure how long attempts wait.
        policy: The label of the run's retry policy, which the comparison harness records with each call.
        own_policies: The labels of the retry policies of tasks that have their own.
        logs: How the parent logs; None if it does not want the records of its workers.
    """

    build: Callable[[object], Mapping[str, Stage]]
    argument: object
    faults: FaultPlan
    files: Sequence[FileModule] = ()
    is_timed: bool = False
    policy: str = ""
    own_policies: Mapping[str, str] = field(factory=dict)
    logs: LogSettings | None = None

    def to_bytes(self) -> bytes:
        """Return the bytes that a worker is made of.

        Raises:
            PluginError: If something in the set-up cannot be pickled. As a rule, it is a component that workers cannot import by its
                module and its name.
        """
        try:
            setup = pickle.dumps(self, pickle.HIGHEST_PROTOCOL)
        except Exception as error:  # objects raise any error if they refuse to be pickled, such as RuntimeError
            raise PluginError(
                f"A chosen component cannot be sent to workers: {error}. Its factory, its options class and its options "
                "must be importable by name: define them at the top level of a module.",
                plugin=repr(self.argument),
            ) from error
        # Three parts, since their order matters in the worker: to unpickle the set-up imports modules. The files must exist by then,
        # and the worker must already collect log records, because these modules may log.
        return pickle.dumps((tuple(self.files), setup, self.logs), pickle.HIGHEST_PROTOCOL)

    def draw(self, call: Call) -> Draw:
        """Draw the faults of an attempt. Raises whatever a distribution of the user's raises."""
        return self.faults.draw(call.task, call.fault_key, call.number, call.copy)

    @property
    def modules(self) -> Sequence[str]:
        """Return the names of the modules that workers import. Processes that are forked can share them if they are imported before."""
        return [self.build.__module__, *getattr(self.argument, "modules", ())]

    @staticmethod
    def names_from_main(data: bytes) -> Sequence[str]:
        """Return the names that the set-up takes from ``__main__``, the program itself, which other processes may not be able to import.

        Args:
            data: The bytes of the set-up (``to_bytes``).
        """
        _, setup, _ = pickle.loads(data)
        if b"__main__" not in setup:
            return ()
        import pickletools  # noqa: PLC0415 - for this case only

        # A class or a function is pickled as the name of its module, its own name, and STACK_GLOBAL. If pickle has written a text before,
        # it writes a reference to its memo instead.
        names: list[str] = []
        memo: list[object] = []
        before = last = None
        argument: Any  # None for codes that have no argument. Those that refer to the memo have the number of an entry
        for code, argument, _ in pickletools.genops(setup):
            if code.name == "MEMOIZE":
                memo.append(last)
                continue
            if code.name == "STACK_GLOBAL" and before == "__main__":
                names.append(str(last))
            if code.name != "FRAME":
                before, last = last, memo[argument] if code.name in {"BINGET", "LONG_BINGET"} else argument
        return names

    @staticmethod
    def logs_of(data: bytes) -> LogSettings | None:
        """Return how the parent logs. This imports nothing of the run, so that nothing has logged yet."""
        return cast("LogSettings | None", pickle.loads(data)[2])

    @classmethod
    def from_bytes(cls, data: bytes) -> WorkerSetup:
        """Return the set-up, in a worker.

        Raises:
            BaseException: Whatever the import of a component raises.
        """
        files, setup, _ = pickle.loads(data)
        for file in files:
            file.restore()
        return cast("WorkerSetup", pickle.loads(setup))


class Equipment:
    """The set-up and the stages of a worker. They are made when they are first needed, and closed when the worker ends.

    Args:
        worker_init: The bytes of the set-up (``WorkerSetup.to_bytes``).
    """

    def __init__(self, worker_init: bytes) -> None:
        # Only log records need it. So it comes with the parent's settings for them, and is empty before, or if the parent wants no records.
        self.run_id = ""
        self.capture: LogCapture | None = None
        self._init = worker_init
        self._lock = threading.RLock()
        self._setup: WorkerSetup | None = None
        self._stages: Mapping[str, Stage] | None = None

    @property
    def setup(self) -> WorkerSetup:
        """Return the set-up. The first call unpickles it, and raises whatever the import of a component raises."""
        # Several threads may run their first attempt at once. The second look is inside the lock, so that one of them loads it.
        if self._setup is None:
            with self._lock:
                if self._setup is None:
                    self._collect_logs(WorkerSetup.logs_of(self._init))
                    self._setup = WorkerSetup.from_bytes(self._init)
        return self._setup

    @property
    def is_timed(self) -> bool:
        """Return whether attempts are to be measured; False before the set-up is loaded, or if it cannot be loaded."""
        return self._setup is not None and self._setup.is_timed

    def stage(self, task: str) -> Stage:
        """Return the stage of a task. The first call builds the stages of all tasks."""
        if self._stages is None:
            with self._lock:
                if self._stages is None:
                    self._stages = self.setup.build(self.setup.argument)
        return self._stages[task]

    def close(self) -> None:
        """Close what the stages hold, such as connections. What a running attempt uses is closed when this attempt ends."""
        # What the stages log while they close belongs to no attempt, so the capture ends first.
        if self.capture is not None:
            self.capture.close()
        for stage in self._closable_stages():
            stage.close()

    async def close_async(self) -> None:
        """Close what the stages hold, in the event loop that ran the attempts. The caller has cancelled those that were left in it."""
        if self.capture is not None:  # as in ``close``
            self.capture.close()
        for stage in self._closable_stages():
            await stage.close_async()

    def close_thread(self) -> None:
        """Close what the stages hold for the calling thread, which runs no more attempts. Some things can be closed in their own thread only."""
        for stage in self._closable_stages():
            stage.close_thread()

    def _closable_stages(self) -> Iterator[ClosingStage]:
        # Stages that were never built hold nothing. A stage that can be closed has all three methods of ``ClosingStage``, so a look for one is enough.
        stages = () if self._stages is None else self._stages.values()
        return (cast("ClosingStage", stage) for stage in stages if hasattr(stage, "close_thread"))

    def _collect_logs(self, logs: LogSettings | None) -> None:
        """Let the records that tasks log here reach the parent. In the parent's own process they do so anyway."""
        if logs is None or self.run_id:
            return  # with an id, this was done before: the set-up could not be loaded, and another attempt tries again
        self.run_id = logs.run
        if logs.process != process_here():
            from pipeline_optimization.engine.log_capture import LogCapture  # noqa: PLC0415 - logging, where the parent uses it

            self.capture = LogCapture(logs, self)
