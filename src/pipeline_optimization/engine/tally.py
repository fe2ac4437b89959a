"""Counts what a run did, and keeps the digest of its ledger.

The ledger has an entry (task, item, attempt, outcome) for each attempt that answered or took too long. Only its digest is kept: the sum of the
hashes of all entries. A sum does not depend on the order, so two runs that did the same work have the same digest, however their attempts
overlapped. If an item has a position, its hash is a linear function of the position. So the hashes of many items are added up by
the sum of their positions, without a loop over the items.

The ``NullAnnouncer`` is here too: it is all that a run needs that nobody observes, and ``announcer`` is imported only if somebody does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Literal

from attrs import define, field, frozen

from pipeline_optimization.engine.wire import Done
from pipeline_optimization.engine.work import Item, ItemState
from pipeline_optimization.types import ErrorRecord

if TYPE_CHECKING:
    from pipeline_optimization.engine.attempt_log import AttemptLog
    from pipeline_optimization.engine.backlog import Backlog
    from pipeline_optimization.engine.clock import Clock
    from pipeline_optimization.engine.open_attempts import OpenAttempts
    from pipeline_optimization.engine.wire import Answer
    from pipeline_optimization.types import Capabilities, Completion, Orchestrator, TimeAccount
    from pipeline_optimization.types.critical_path import CriticalPath
    from pipeline_optimization.types.events import EngineEvent

__all__ = [
    "Emit",
    "FailedItem",
    "NullAnnouncer",
    "OnLog",
    "Tally",
    "TaskStats",
    "announcer_for",
    "hash_of",
    "hashes_of_positions",
]

MAX_EXAMPLES = 100
"""How many failed items are kept, for the report to name. All of them are counted."""


@frozen(kw_only=True)
class FailedItem:
    """An item that failed for good.

    Attributes:
        item: The name of the item.
        task: The name of its task.
        error: The error of its last attempt.
        attempts: The number of its last attempt. A lost attempt and the one that is made in its place have the same number. The numbers
            go on from those of an earlier run.
        place: Where in the input the item comes from, for people.
        is_poison: Whether it was given up because its workers kept dying.
    """

    item: str
    task: str
    error: ErrorRecord
    attempts: int
    place: str = ""
    is_poison: bool = False


@define
class TaskStats:
    """Counts of one task.

    Attributes:
        items: Items that began.
        attempts: Attempts that answered or took too long. Those that were lost do not count.
        retries: Those of these attempts that were not the first of their item.
        failures: Items that failed for good.
        lost: Attempts that were lost.
        errors: Attempts that failed, by the type of their error.
    """

    items: int = 0
    attempts: int = 0
    retries: int = 0
    failures: int = 0
    lost: int = 0
    errors: Counter[str] = field(factory=Counter)


@define
class Tally:
    """All counts of a run, in bounded memory.

    Attributes:
        tasks: The counts by task.
        failed_items: The first items that failed for good.
        failures_by_error: How many items failed for good, by task and type of error.
        ended: Items that reached their end, done or failed. An element counts once for each task that it went through in a bundle, and the bundle
            counts as an item, too.
        stale: Completions that came too late or twice, and were ignored.
        abandoned: Attempts that took too long and could not be ended.
        floor: The shortest time in seconds that the run could take with any number of workers.
        quota_floor: The seconds that it takes at least because of quotas. They are part of ``floor`` when the run is over.
        ledger_entries: How many entries the ledger has.
        ledger_sum: The sum of their hashes.
        bundle_errors: By task, errors of bundles. They are among ``TaskStats.errors``, but a bundle counts as no attempt.
    """

    tasks: dict[str, TaskStats] = field(factory=dict)
    failed_items: list[FailedItem] = field(factory=list)
    failures_by_error: Counter[tuple[str, str]] = field(factory=Counter)
    ended: int = 0
    stale: int = 0
    abandoned: int = 0
    floor: float = 0.0
    quota_floor: float = 0.0
    ledger_entries: int = 0
    ledger_sum: int = 0
    bundle_errors: Counter[str] = field(factory=Counter)

    def of(self, task: str) -> TaskStats:
        """Return the counts of a task, to read or to change."""
        stats = self.tasks.get(task)
        if stats is None:
            stats = self.tasks[task] = TaskStats()
        return stats

    def record(self, item: Item, number: int, outcome: str) -> None:
        """Enter an attempt that answered or took too long into the ledger. ``outcome`` is "ok" or the type of the error."""
        if item.is_bundle:
            # How elements are bundled depends on the speed of the machine, so the ledger has the elements alone (``record_done``).
            self.bundle_errors[item.task] += outcome != "ok"
            return
        stats = self.of(item.task)
        stats.attempts += 1
        stats.retries += number > item.first_attempt  # counted now, since a run may end before a retry that it planned
        self.ledger_entries += 1
        if item.position is None:
            self.ledger_sum += hash_of(item.task, item.id, number, outcome)
        else:
            self.ledger_sum += hashes_of_positions(item.task, item.position, 1, number, outcome)

    def record_done(self, done: Done) -> None:
        """Enter elements that were done in a bundle, each at its first attempt."""
        stats = self.of(done.task)
        stats.items += done.number
        stats.attempts += done.number
        self.ended += done.number
        self.ledger_entries += done.number
        self.ledger_sum += hashes_of_positions(done.task, done.positions, done.number, 1, "ok")

    def end(self, state: ItemState) -> None:
        """Count an item that reached its end."""
        self.ended += 1
        self.floor = max(self.floor, state.earliest)

    def take_back_end(self) -> None:
        """Note that an item which was done has not reached its end: it is about to fail for good, since a sink has refused its row."""
        self.ended -= 1

    def fail(self, state: ItemState, error: ErrorRecord, *, is_poison: bool) -> FailedItem:
        """Count an item that failed for good, and return what is kept of it."""
        item = state.item
        failed = FailedItem(
            item=item.name, task=item.task, error=error, attempts=state.number, place=item.place, is_poison=is_poison
        )
        self.end(state)
        self.of(item.task).failures += 1
        self.add_failed(failed)
        return failed

    def add_failed(self, failed: FailedItem) -> None:
        """Count a failed item, and keep it if there is room."""
        self.failures_by_error[failed.task, failed.error.type] += 1
        if len(self.failed_items) < MAX_EXAMPLES:
            self.failed_items.append(failed)

    @property
    def attempts(self) -> int:
        """Return how many attempts of all tasks answered or took too long."""
        return sum(stats.attempts for stats in self.tasks.values())

    @property
    def ledger_digest(self) -> str:
        """Return the ledger's digest as 32 hexadecimal digits."""
        return f"{self.ledger_sum % (1 << 128):032x}"

    @property
    def failures(self) -> int:
        """Return how many items failed for good."""
        return sum(self.failures_by_error.values())


Emit = Callable[["EngineEvent"], None]
"""Takes an event of the run."""

OnLog = Callable[["AttemptLog", str], None]
"""Takes what an attempt has logged, and the name of its worker."""


class NullAnnouncer:
    """The announcer of a run that nobody observes: it makes no events, and only hands on what attempts have logged.

    The engine calls these methods at the moments that ``Announcer`` makes events of. Their docstrings say which moments these are.
    """

    def __init__(self, on_log: OnLog) -> None:
        self._on_log = on_log

    def follow(self, orchestrator: Orchestrator, open_attempts: OpenAttempts) -> None:
        """The run is about to begin, with this orchestrator and these attempts."""

    def reading(self, items: Iterator[Item]) -> Iterator[Item]:
        """Items are about to be read. Return the iterator that the engine should read."""
        return items

    def pauses(self, backlog: Backlog) -> None:
        """The engine is about to wait for something to happen."""

    def goes_on(self) -> None:
        """The engine has waited."""

    def handed_out(self, attempt_id: int, state: ItemState) -> None:
        """An attempt is about to be submitted to the orchestrator."""

    def came_back(self, state: ItemState, completion: Completion, answer: Answer | None) -> None:
        """An open attempt has come back. ``answer`` is None if it was lost with its worker."""
        if answer is not None and answer.log is not None:
            self._on_log(answer.log, completion.worker)

    def overdue(self, state: ItemState, attempt_id: int, *, is_ended: bool) -> None:
        """An attempt took too long. If it is not ended, it goes on, and its answer will be ignored."""

    def failed(self, state: ItemState, error: ErrorRecord, kind: Literal["error", "lost"]) -> None:
        """An attempt failed, or was lost. It is not decided yet whether the item is tried again."""

    def retried(self, state: ItemState, delay: float) -> None:
        """The item will be tried again, after ``delay`` seconds."""

    def finished(self, state: ItemState, status: Literal["done", "failed", "poison"]) -> None:
        """The item has reached its end."""

    def ended(self) -> None:
        """The orchestrator is closed. Attempts that are still open will never come back."""

    def account(self, begun: float, ended: float) -> TimeAccount | None:
        """Return what the slots did between two times of the engine's clock, before and after the run; None if nobody measured it."""
        return None

    def critical_path(self) -> CriticalPath | None:
        """Return the longest chain of items of the run; None if nobody measured attempts."""
        return None


def announcer_for(
    emit: Emit | None,
    heard: Container[str] | None,
    on_log: OnLog,
    *,
    run_id: str,
    clock: Clock,
    capabilities: Capabilities,
) -> NullAnnouncer:
    """Return the announcer of a run. The module ``announcer`` is imported only if somebody observes the run.

    The arguments are those of ``Engine``.
    """
    if emit is None:
        return NullAnnouncer(on_log)
    from pipeline_optimization.engine.announcer import Announcer  # noqa: PLC0415 - only runs that are observed need it

    return Announcer(emit, heard, on_log, run_id=run_id, clock=clock, capabilities=capabilities)


def hash_of(task: str, item: str, number: int, outcome: str) -> int:
    """Return the hash of a ledger entry whose item has no position."""
    return _hash(f"{task}\x1f{item}\x1f{number}\x1f{outcome}")


def hashes_of_positions(task: str, positions: int, entries: int, number: int, outcome: str) -> int:
    """Return the sum of the hashes of some ledger entries. There are ``entries`` of them, and the sum of their positions is ``positions``."""
    factor, each = _factors(task, number, outcome)
    return positions * factor + entries * each


@lru_cache(maxsize=1024)
def _factors(task: str, number: int, outcome: str) -> tuple[int, int]:
    text = f"{task}\x1f{number}\x1f{outcome}"
    # The hash of an entry is ``position * factor + each``. An odd factor is invertible modulo 2**128, so two different positions never have the
    # same hash. But two mistakes can cancel out: a run that did the elements at positions 1 and 4 has the same sum as one that did 2 and 3. That
    # is the price of adding up a bundle without a loop.
    return _hash(text) | 1, _hash(text + "\x1f")


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest(), "big")
