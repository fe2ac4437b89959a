"""Events, which observers are told. Their times are seconds of the engine's clock, whose zero means nothing; ``RunStarted.wall`` gives the date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from attrs import field, frozen

from pipeline_optimization.types.attempts import ErrorRecord
from pipeline_optimization.types.critical_path import CriticalPath
from pipeline_optimization.types.step_time import StepTime
from pipeline_optimization.types.stop_kinds import SIGNALS
from pipeline_optimization.types.task_quota import TaskQuota
from pipeline_optimization.types.time_account import TimeAccount

__all__ = [
    "AttemptEnded",
    "CheckpointSaved",
    "EngineEvent",
    "ItemFinished",
    "Outcome",
    "RunEvent",
    "RunFinished",
    "RunStarted",
    "TaskFailed",
    "TaskLogged",
    "TaskRetried",
    "TaskTotals",
    "WorkerLost",
    "WorkerSeen",
]

Outcome = Literal["ok", "error", "lost", "timeout", "abandoned"]
"""How an attempt ended: with a result, with an error of its task, lost with its worker, over its time limit, or given up because the run stopped
waiting."""


@frozen(kw_only=True)
class RunStarted:
    """A run began. No attempt has been made yet.

    Attributes:
        run_id: The run's identity, as in every event.
        time: Seconds of the engine's clock.
        orchestrator: The orchestrator's name.
        slots: How many attempts run at once.
        seed: The seed of simulated waits and failures.
        wall: The date and time at ``time``, in seconds since 1970.
        pipeline: The pipeline's name, empty for counting anagrams.
        inputs: Names for people of what is read.
        reads: The addresses of what is read: absolute paths, and URLs without their passwords. Texts in memory and standard streams have none.
        writes: The addresses of what is written, in the same form. A table is the fragment of its URL.
        retry: The retry policy.
        faults: The fault profile.
        latency_scale: The factor of simulated times.
        case: The name that keeps draws of this input apart.
        chunk_size: Bytes of input in one chunk.
        resumed_from: The path of the checkpoint that the run goes on with, or empty.
        resumes: The id of the last observed run before this one that had the same checkpoint, or empty.
        versions: The versions of Python, of the project and of its plugins.
        host: The name of the machine.
        pid: The process of the run.
        command: The command line of the program, with ``***`` for passwords in URLs.
        quotas: How many calls of tasks are allowed at once and in a period.
        retries: By task, the retry policy of each task that has one of its own, with the options that the task gives, such as ``fixed attempts=3``.
    """

    run_id: str
    time: float
    orchestrator: str
    slots: int
    seed: int
    wall: float = 0.0
    pipeline: str = ""
    inputs: Sequence[str] = ()
    reads: Sequence[str] = ()
    writes: Sequence[str] = ()
    retry: str = ""
    faults: str = "none"
    latency_scale: float = 1.0
    case: str = ""
    chunk_size: int = 0
    resumed_from: str = ""
    resumes: str = ""
    versions: Mapping[str, str] = field(factory=dict)
    host: str = ""
    pid: int = 0
    command: Sequence[str] = ()
    quotas: Sequence[TaskQuota] = ()
    retries: Mapping[str, str] = field(factory=dict)

    @property
    def name(self) -> str:
        """Return the pipeline's name for people."""
        return self.pipeline or "anagrams"


@frozen(kw_only=True)
class WorkerSeen:
    """A worker answered for the first time."""

    run_id: str
    time: float
    worker: str


@frozen(kw_only=True)
class WorkerLost:
    """A worker died with an attempt. ``detail`` says what is known of its death."""

    run_id: str
    time: float
    worker: str
    detail: str


class AttemptEnded(NamedTuple):
    """An attempt has come back, or the run no longer waits for it. It is decided what follows for its item.

    All times are nanoseconds of the engine's clock. The attempt was handed to the orchestrator, began and ended in a worker, as the worker measured
    it, and came back. A time that was not measured is None.

    It is a named tuple, because a run may have millions of attempts, and making an attrs class takes five times as long.

    Attributes:
        run_id: The run's identity.
        item: The item.
        task: The task's name.
        attempt: The number of the item's attempt, from 1.
        outcome: How the attempt ended.
        error: The error, if there was one.
        status: What became of the item by this attempt. It is empty while the item goes on: there is another attempt, its bundle was split, or the
            run was stopped.
        worker: The worker, empty if it is not known.
        slot: The slot, from 1, or 0 if the worker is not known. Attempts of one slot do not overlap.
        handed_out_ns: When the orchestrator got it. It is None for an element that failed in a bundle, because its attempt was made inside the
            bundle's attempt.
        began_ns: When it began.
        ended_ns: When it ended.
        came_back_ns: When its completion came.
        latency_ns: How much of it was simulated, waiting and computing.
        bytes_in: The size of the item in bytes.
        bytes_out: The size of the result in bytes.
        elements: How many elements of the input it took together.
        bundle: The bundle in whose attempt this one was made, or empty.
        waited_ns: How long it waited, for a simulated latency or for what it awaited.
        stalled_ns: How long its thread neither computed nor awaited, because a function blocked it, or because other threads had the core or the
            interpreter lock.
        steps: What each step took, if there were several.
    """

    run_id: str
    item: str
    task: str
    attempt: int
    outcome: Outcome
    error: ErrorRecord | None
    status: Literal["", "done", "failed", "poison"]
    worker: str
    slot: int
    handed_out_ns: int | None
    began_ns: int | None
    ended_ns: int | None
    came_back_ns: int
    latency_ns: int
    bytes_in: int
    bytes_out: int
    elements: int
    bundle: str = ""
    waited_ns: int = 0
    stalled_ns: int = 0
    steps: Sequence[StepTime] = ()

    @property
    def time(self) -> float:
        """Return when the attempt came back, in seconds, like the time of other events."""
        return self.came_back_ns / 1e9


@frozen(kw_only=True)
class TaskFailed:
    """An attempt ended in an error (``kind`` "error") or with its worker (``kind`` "lost")."""

    run_id: str
    time: float
    item: str
    task: str
    attempt: int
    kind: Literal["error", "lost"]
    error: ErrorRecord
    worker: str


@frozen(kw_only=True)
class TaskRetried:
    """An item will be tried again as attempt number ``attempt``, ``delay`` seconds from now."""

    run_id: str
    time: float
    item: str
    task: str
    attempt: int
    delay: float


@frozen(kw_only=True)
class ItemFinished:
    """An item is finished: ``done``, ``failed`` for good, or ``poison`` (its workers keep dying).

    ``attempts`` is the number of its last attempt. A lost attempt and the one that is made in its place have the same number. The numbers go on
    from those of an earlier run.
    """

    run_id: str
    time: float
    item: str
    task: str
    attempts: int
    status: Literal["done", "failed", "poison"]
    worker: str


@frozen(kw_only=True)
class CheckpointSaved:
    """Partial results were committed to a checkpoint. It has ``items`` finished items now."""

    run_id: str
    time: float
    path: str
    items: int


@frozen(kw_only=True)
class TaskLogged:
    """A task's code has logged a record, in any worker, that some handler of the parent takes. It becomes known when the attempt has come back.

    Attributes:
        run_id: The run's identity.
        time: Seconds of the engine's clock at which the record became known.
        wall: When the record was logged, in seconds since 1970.
        level: The name of the level.
        logger: The logger's name.
        message: The message, with its arguments.
        exception: The traceback, empty if there was none.
        item: The item. It is empty if the attempt is not known, as for a thread that a task has started.
        attempt: The number of the item's attempt, or 0 if it is not known.
        worker: The worker.
        bundle: The bundle in whose attempt the record was logged, if ``item`` is an element of one.
    """

    run_id: str
    time: float
    wall: float
    level: str
    logger: str
    message: str
    exception: str
    item: str
    attempt: int
    worker: str
    bundle: str = ""


@frozen(kw_only=True)
class TaskTotals:
    """The numbers of a task's items and attempts by outcome. ``failures`` counts items, ``errors`` attempts by the type of the error."""

    items: int
    attempts: int
    retries: int
    failures: int
    lost: int
    errors: Mapping[str, int]


@frozen(kw_only=True)
class RunFinished:
    """A run ended, whatever its outcome.

    Attributes:
        run_id: The run's identity.
        time: Seconds of the engine's clock.
        is_complete: Whether every item is done.
        is_interrupted: Whether a signal ended the run, such as Ctrl-C.
        stopped: What ended the run early, or empty.
        wall: The date and time at ``time``, in seconds since 1970.
        reason: Why it ended early, for people.
        error: The exception that ended it, if one did.
        tasks: Exact totals by task.
        bytes_read: Bytes of input.
        resumed_items: Items that an earlier run had finished.
        stale_completions: Completions that came too late or twice, and were ignored.
        abandoned_attempts: Attempts that took too long and could not be ended.
        ledger_entries: The number of attempts that answered or took too long.
        ledger_digest: A digest of these attempts, whatever their order.
        account: Where the time went since ``RunStarted``. It is None if nobody is told of attempts.
        critical_path: What bounded the run, or None as above.
        floor: The seconds that no run can be shorter than, given its simulated waits, retry delays, limits and rates.
    """

    run_id: str
    time: float
    is_complete: bool
    is_interrupted: bool
    stopped: str = ""
    wall: float = 0.0
    reason: str = ""
    error: ErrorRecord | None = None
    tasks: Mapping[str, TaskTotals] = field(factory=dict)
    bytes_read: int = 0
    resumed_items: int = 0
    stale_completions: int = 0
    abandoned_attempts: int = 0
    ledger_entries: int = 0
    ledger_digest: str = ""
    account: TimeAccount | None = None
    critical_path: CriticalPath | None = None
    floor: float = 0.0

    @property
    def is_cancelled(self) -> bool:
        """Return whether somebody ended the run: with Ctrl-C, a signal, a closed terminal, or a cancelled ``run_async``."""
        return self.stopped in SIGNALS or self.stopped == "cancelled"


EngineEvent = WorkerSeen | WorkerLost | AttemptEnded | TaskFailed | TaskRetried | ItemFinished
"""The events of workers, attempts and items."""

RunEvent = RunStarted | EngineEvent | CheckpointSaved | TaskLogged | RunFinished
"""All events that observers are told."""
