"""What a run did, as it is counted, and as it is told where nobody listens.

The ledger's digest is a sum over what was entered, the same in any order. An entry is (task, item, attempt, outcome). Items that
have a position are entered by it, so that many at once need no loop: the sum is linear in positions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Literal

from attrs import define, field, frozen

from pipeline_optimization.engine.wire import Done
from pipeline_optimization.engine.work import Item, Track
from pipeline_optimization.types import ErrorRecord

if TYPE_CHECKING:
    from pipeline_optimization.engine.attempt_log import AttemptLog
    from pipeline_optimization.engine.backlog import Backlog
    from pipeline_optimization.engine.clock import Clock
    from pipeline_optimization.engine.flight import Flight
    from pipeline_optimization.engine.wire import Answer
    from pipeline_optimization.types import Capabilities, Completion, Orchestrator, TimeAccount
    from pipeline_optimization.types.critical_path import CriticalPath
    from pipeline_optimization.types.events import EngineEvent

__all__ = [
    "Emit",
    "FailedItem",
    "Logged",
    "Silence",
    "Tally",
    "TaskStats",
    "announcer_for",
    "digest_of",
    "digest_of_positions",
]

MAX_EXAMPLES = 100
"""How many failed items a report names; all are counted."""


@frozen(kw_only=True)
class FailedItem:
    """An item that failed for good, with its last error. ``place`` says for people where it comes from.

    ``is_poison``: its workers kept dying.
    """

    item: str
    task: str
    error: ErrorRecord
    attempts: int
    place: str = ""
    is_poison: bool = False


@define
class TaskStats:
    """Counts of one task. ``failures`` are items that failed for good; ``lost`` are attempts lost with workers."""

    items: int = 0
    attempts: int = 0
    retries: int = 0
    failures: int = 0
    lost: int = 0
    errors: Counter[str] = field(factory=Counter)


@define
class Tally:
    """Grows with the run in bounded memory. ``abandoned`` attempts took too long and could not be ended.

    The ledger is the set of (item, attempt, outcome) of all attempts that answered. Only its size and a digest are
    kept: the sum of the entries' hashes, which is the same in any order, so that two runs can be compared.
    """

    tasks: dict[str, TaskStats] = field(factory=dict)
    failed_items: list[FailedItem] = field(factory=list)
    failures_by_error: Counter[tuple[str, str]] = field(factory=Counter)
    ended: int = 0
    stale: int = 0
    abandoned: int = 0
    floor: float = 0.0
    ledger_entries: int = 0
    ledger_sum: int = 0
    bundle_errors: Counter[str] = field(factory=Counter)
    """Errors by task of which no attempt was entered, since it was a bundle's."""

    def of(self, task: str) -> TaskStats:
        stats = self.tasks.get(task)
        if stats is None:
            stats = self.tasks[task] = TaskStats()
        return stats

    def record(self, item: Item, number: int, outcome: str) -> None:
        """Enter an answered attempt into the ledger; ``outcome`` is "ok" or the error's type."""
        if item.is_bundle:  # what is in it is entered by itself
            self.bundle_errors[item.task] += outcome != "ok"
            return
        stats = self.of(item.task)
        stats.attempts += 1
        stats.retries += number > item.first_attempt  # not when it is asked for: the run may end before
        self.ledger_entries += 1
        if item.position is None:
            self.ledger_sum += digest_of(item.task, item.id, number, outcome)
        else:
            self.ledger_sum += digest_of_positions(item.task, item.position, 1, number, outcome)

    def record_done(self, done: Done) -> None:
        """Enter items that were done in a bundle."""
        stats = self.of(done.task)
        stats.items += done.number
        stats.attempts += done.number
        self.ended += done.number
        self.ledger_entries += done.number
        self.ledger_sum += digest_of_positions(done.task, done.positions, done.number, 1, "ok")

    def end(self, track: Track) -> None:
        """Record that an item reached its end."""
        self.ended += 1
        self.floor = max(self.floor, track.path)

    def fail(self, track: Track, error: ErrorRecord, *, is_poison: bool) -> FailedItem:
        """Record that an item failed for good."""
        item = track.item
        failed = FailedItem(
            item=item.name, task=item.task, error=error, attempts=track.number, place=item.place, is_poison=is_poison
        )
        self.end(track)
        self.of(item.task).failures += 1
        self.add_failed(failed)
        return failed

    def add_failed(self, failed: FailedItem) -> None:
        """Count a failure, and keep it if there is room."""
        self.failures_by_error[failed.task, failed.error.type] += 1
        if len(self.failed_items) < MAX_EXAMPLES:
            self.failed_items.append(failed)

    @property
    def attempts(self) -> int:
        """Return how many attempts answered, of all tasks."""
        return sum(stats.attempts for stats in self.tasks.values())

    @property
    def ledger_digest(self) -> str:
        """Return the ledger's digest as 32 hexadecimal digits."""
        return f"{self.ledger_sum % (1 << 128):032x}"

    @property
    def failures(self) -> int:
        return sum(self.failures_by_error.values())


Emit = Callable[["EngineEvent"], None]

Logged = Callable[["AttemptLog", str], None]
"""Takes what an attempt has logged, and the name of its worker."""


class Silence:
    """Makes no events at the places of the loop at which ``Announcer`` does. What attempts have logged it hands on all the same."""

    def __init__(self, logged: Logged) -> None:
        self._logged = logged

    def follow(self, orchestrator: Orchestrator, flight: Flight) -> None:
        """Attempts are about to be timed."""

    def reading(self, items: Iterator[Item]) -> Iterator[Item]:
        """Items are about to be read; return what they are to be read from."""
        return items

    def pauses(self, backlog: Backlog) -> None:
        """The driver is about to wait for something to happen."""

    def goes_on(self) -> None:
        """The driver has waited."""

    def handed_out(self, attempt_id: int, track: Track) -> None:
        """An attempt goes to the orchestrator."""

    def came_back(self, track: Track, completion: Completion, answer: Answer | None) -> None:
        """An open attempt was reported. ``answer`` is None if it was lost with its worker."""
        if answer is not None and answer.log is not None:
            self._logged(answer.log, completion.worker)

    def overdue(self, track: Track, attempt_id: int, *, is_ended: bool) -> None:
        """An attempt took too long. Unless it ``is_ended``, it goes on and nobody waits for it."""

    def refused(self, error: ErrorRecord) -> None:
        """The workload could not take the result of the attempt that came back last."""

    def failed(self, track: Track, error: ErrorRecord, kind: Literal["error", "lost"]) -> None:
        """An attempt of an item failed; nothing is decided yet about another one."""

    def retried(self, track: Track, delay: float) -> None:
        """The item's next attempt follows after ``delay`` seconds."""

    def finished(self, track: Track, status: Literal["done", "failed", "poison"]) -> None:
        """The item has reached its end."""

    def ended(self) -> None:
        """The orchestrator is closed. Attempts that are still open are abandoned, if they began."""

    def account(self, begun: float, ended: float) -> TimeAccount | None:
        """Return where the time of the slots went between two moments of the engine's clock, the run inside; None where nobody asked."""
        return None

    def critical_path(self) -> CriticalPath | None:
        """Return what bounded the run; None where attempts are not followed."""
        return None


def announcer_for(
    emit: Emit | None,
    heard: Container[str] | None,
    logged: Logged,
    *,
    run_id: str,
    clock: Clock,
    capabilities: Capabilities,
) -> Silence:
    """Return what makes events of a run and hands them to ``emit``; it is imported only if there is somebody to hand them to.

    ``heard`` are the names of what anybody wants, which may be the ``TimeAccount`` alone; None stands for all.
    """
    if emit is None:
        return Silence(logged)
    from pipeline_optimization.engine.announcer import Announcer  # noqa: PLC0415 - only runs that are observed need it

    return Announcer(emit, heard, logged, run_id=run_id, clock=clock, capabilities=capabilities)


def digest_of(task: str, item: str, number: int, outcome: str) -> int:
    """Return what an entry of an item adds to the digest."""
    return _hash(f"{task}\x1f{item}\x1f{number}\x1f{outcome}")


def digest_of_positions(task: str, positions: int, entries: int, number: int, outcome: str) -> int:
    """Return what ``entries`` entries add to the digest, whose positions sum up to ``positions``."""
    factor, each = _factors(task, number, outcome)
    return positions * factor + entries * each


@lru_cache(maxsize=1024)
def _factors(task: str, number: int, outcome: str) -> tuple[int, int]:
    text = f"{task}\x1f{number}\x1f{outcome}"
    return _hash(text) | 1, _hash(text + "\x1f")


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest(), "big")
