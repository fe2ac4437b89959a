"""What observers are told. Times are seconds of the engine's clock, whose origin means nothing; ``RunStarted.wall`` ties it to the calendar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from attrs import field, frozen

from pipeline_optimization.types.attempts import ErrorRecord
from pipeline_optimization.types.critical_path import CriticalPath
from pipeline_optimization.types.step_time import StepTime
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
"""How an attempt ended: with a result, with an error of its task, with its worker, too late, or not before the run stopped waiting for it."""


@frozen(kw_only=True)
class RunStarted:
    """A run began; no attempt has been made yet.

    ``wall`` is the time since 1970 in seconds at ``time``. ``pipeline`` is empty for counting anagrams. ``inputs`` are the names of what is
    read for people. ``reads`` and ``writes`` are the addresses of what is read and written: absolute paths, and URLs without their passwords, with
    a table as fragment. Texts in memory and standard streams have none.
    ``command`` is the command line of the program, with ``***`` for passwords of URLs. ``resumed_from`` is the path of the checkpoint that the run goes on
    with, and ``resumes`` the id of the last observed run before it that had this checkpoint; empty where there is none.
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

    @property
    def name(self) -> str:
        """Return the name of the pipeline, as people are told it."""
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
    """An attempt has come back, or nobody waits for it any more; what follows for its item is decided.

    Its times are nanoseconds of the engine's clock. The attempt was handed to the orchestrator, began and ended in a worker, as the worker
    measured, and came back; what was not measured is None. ``handed_out_ns`` is None for an element that failed among others: its attempt was
    made inside that of its bundle.

    ``status`` says what became of the item by this attempt: "" while it goes on (there is another attempt, its bundle was split, or
    the run was stopped). ``slot`` counts from 1; attempts of one slot do not overlap; it is 0 where the worker is not known.
    ``latency_ns`` is the simulated part of the attempt, and ``waited_ns`` how long it waited: for a simulated latency, or for what it awaited. ``stalled_ns`` is how long
    its thread neither computed nor awaited, since a function blocked it, or others had the core or the interpreter's lock. ``bytes_in`` are those of the item, ``bytes_out`` those of the result, and ``elements`` is
    how many elements of the input the attempt took together. ``bundle`` is the item in whose attempt this one was made, empty for all others. ``steps`` is what each
    step took, if there were several.

    A named tuple, since a run may have millions of attempts, and an attrs class takes five times as long to make.
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
        """Return when the attempt came back, in seconds, as other events have it."""
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
    """An item reached its end: ``done``, ``failed`` for good, or ``poison`` (its workers keep dying)."""

    run_id: str
    time: float
    item: str
    task: str
    attempts: int
    status: Literal["done", "failed", "poison"]
    worker: str


@frozen(kw_only=True)
class CheckpointSaved:
    """Partial results were committed to a checkpoint store; ``items`` are finished and safe in it."""

    run_id: str
    time: float
    path: str
    items: int


@frozen(kw_only=True)
class TaskLogged:
    """A task's code has logged a record that a handler of the parent takes, in whatever worker; known when the attempt has come back.

    ``wall`` is when it did so, in seconds since 1970. ``level`` is the level's name, and ``exception`` a traceback, empty where there was none. ``item``
    is empty, and ``attempt`` 0, where nobody knows which attempt it came from: a thread that a task had started, say. ``bundle`` is the item that
    the attempt was of, where ``item`` is an element of that.
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
    """What became of a task's items and attempts, as reports count them: ``failures`` are items, ``errors`` attempts by the error's type."""

    items: int
    attempts: int
    retries: int
    failures: int
    lost: int
    errors: Mapping[str, int]


@frozen(kw_only=True)
class RunFinished:
    """A run ended, whatever its outcome. ``stopped`` says what ended it early; empty where nothing did.

    ``reason`` says so for people, and ``error`` is the exception that ended it, if one did. ``tasks`` are exact totals; ``ledger_digest`` stands for
    all attempts that answered, in any order. ``account`` tells where the time went since ``RunStarted``, and ``critical_path`` what bounded the
    run; None where nobody hears of attempts. ``floor`` are the seconds that no run takes less than, as far as drawn waits, limits and rates decide on it.
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


EngineEvent = WorkerSeen | WorkerLost | AttemptEnded | TaskFailed | TaskRetried | ItemFinished
"""What happens to items."""

RunEvent = RunStarted | EngineEvent | CheckpointSaved | TaskLogged | RunFinished
"""All that observers are told."""
