"""What the engine runs: items, the workload that they come from, the state of an item under way, and whether it is tried again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from attrs import Factory, define, field, frozen

from pipeline_optimization.engine.draws import seeded_random
from pipeline_optimization.engine.quota import Quota
from pipeline_optimization.errors import PluginError
from pipeline_optimization.types import ErrorRecord, RetryPolicy

if TYPE_CHECKING:
    from pipeline_optimization.engine.critical_path import Chain

__all__ = [
    "AS_ALL",
    "TIMEOUT",
    "FollowUps",
    "Item",
    "Retrying",
    "TaskPolicy",
    "Track",
    "UnacceptableError",
    "Workload",
    "timed_out",
]


TIMEOUT = "ItemTimeout"
"""The type of the error of an attempt that took too long."""


@frozen(kw_only=True)
class TaskPolicy:
    """How attempts of one task are treated: the seconds that one may take, when it is made again, and how many there may be.

    None stands for what holds for the run, which bounds no number.
    """

    timeout: float | None = None
    retry: RetryPolicy | None = None
    quota: Quota | None = None


AS_ALL: Mapping[str, TaskPolicy] = MappingProxyType({})
"""The policies of a run whose tasks are all treated alike."""


@frozen(kw_only=True)
class Item:
    """One unit of work: ``task`` is run on ``data``, somewhere.

    ``id`` is unique among the items of its task and independent of the orchestrator. ``fault_key`` is what fault
    draws know the item by: its content, so that a contender that calls the tasks itself meets the same faults.
    ``weight``, ``size`` and ``place`` stay with the parent: ``size`` is how many bytes of text the item keeps in memory
    while it is under way, and ``place`` says where it comes from, for people. ``first_attempt`` is the number of its first
    attempt: more than 1 if an earlier run gave it up, so that it meets other faults than it met there.

    ``position`` is what the ledger knows the item by, if not by its id. ``failed`` is the error of its first attempt where that was
    made in a bundle of several items, and ``bundle`` the name of that. ``is_bundle``: it is such a bundle, whose items the ledger has, and not itself; ``split``
    returns smaller ones in its place where its worker died, and none where there are none. ``runs`` says for people what the item
    runs, in errors of which nobody else can tell.
    """

    id: str
    task: str
    fault_key: str = ""
    data: bytes = field(default=b"", repr=False)
    weight: int = 1
    size: int = field(default=Factory(lambda self: len(self.data), takes_self=True))
    place: str = ""
    first_attempt: int = 1
    position: int | None = None
    failed: ErrorRecord | None = None
    bundle: str = ""
    is_bundle: bool = False
    runs: str = field(default="", repr=False)
    split: Callable[[], Sequence[Item]] | None = field(default=None, repr=False, eq=False)

    @property
    def name(self) -> str:
        """Return what reports call the item."""
        return f"{self.task}:{self.id}"

    def timed_out(self, timeout: float, how: str) -> ErrorRecord:
        """Return the error of an attempt that took longer than ``timeout`` seconds; ``how`` says what became of it."""
        return timed_out(self.runs or "it", timeout, how)

    def lost(self, detail: str) -> ErrorRecord:
        """Return the error of an attempt that was lost with its worker, of whose death ``detail`` tells what is known."""
        message = detail or "the worker died"
        if self.runs:
            message += (
                f" while it ran {self.runs}; a function must not end its process, nor take more memory than there is"
            )
        return ErrorRecord(type="WorkerLost", message=message)


def timed_out(who: str, timeout: float, how: str) -> ErrorRecord:
    """Return the error of what took longer than ``timeout`` seconds; ``who`` says what it ran, and ``how`` what became of it."""
    return ErrorRecord(type=TIMEOUT, message=f"{who} may take {timeout:g} s; {how}")


class FollowUps(Iterator[Item]):
    """Items of one task that a result made possible, which are made one by one; ``number`` is how many."""

    is_bundle = False

    def __init__(self, task: str, items: Iterator[Item], number: int) -> None:
        self.task = task
        self._items = items
        self._left = number

    def __next__(self) -> Item:
        item = next(self._items)
        self._left -= 1
        return item

    def __length_hint__(self) -> int:
        return self._left


class UnacceptableError(ValueError):
    """A workload cannot take a result; ``record`` is what the item fails with. Nothing of it has been taken."""

    def __init__(self, record: ErrorRecord) -> None:
        super().__init__(record.message)
        self.record = record


class Workload(Protocol):
    """The items of a run. The engine consumes them lazily and hands back each result exactly once."""

    def items(self) -> Iterator[Item]:
        """Yield the items that depend on no other, as late as possible."""
        ...

    def accept(self, item: Item, result: bytes) -> Iterable[Item]:
        """Commit a result and return the items that it makes possible; they go before further ``items``.

        Raises UnacceptableError for a result that nothing can be made of.
        """
        ...


@define(eq=False, repr=False)
class Track:
    """An item under way. ``number`` is its attempt under way or due next; ``losses`` counts its workers' deaths.

    ``path`` is the virtual time, in seconds, at which the item could end at the earliest: where its parent ended, plus
    its own latencies and delays so far. ``ran`` and ``delayed`` are the measured nanoseconds of its attempts and retry delays so far, and ``behind``
    is the chain of items that it followed from: for the critical path, where attempts are followed.
    """

    item: Item
    path: float
    number: int = field(default=Factory(lambda self: self.item.first_attempt, takes_self=True))
    losses: int = 0
    first_started: float | None = None
    delays: Iterator[float] | None = None
    ran: int | None = None
    delayed: int = 0
    behind: Chain | None = None


RETRY_AFTER_CAP = 60.0
"""The longest delay in seconds that errors may ask for under a policy that does not say."""


class Retrying:
    """Applies a retry policy: its predicate, its delays, its budget for the run and its deadline for each item.

    An error may ask for a longer delay, up to the policy's ``retry_after_cap``: then the item is tried again once that is over.

    Tasks with a policy of their own (``own``) go by that one, and its budget is theirs.

    A policy's second takes ``scale`` seconds: it lives in the time of the simulation, where there is one
    (``FaultPlan.time_scale``). At scale 0 no time passes there, so no deadline is ever over. What an error asks for is real time, and so is
    its cap: a service that was really called knows nothing of a simulation.
    """

    def __init__(
        self,
        policy: RetryPolicy,
        *,
        seed: int,
        case: str,
        scale: float = 1.0,
        own: Mapping[str, TaskPolicy] = AS_ALL,
    ) -> None:
        self._policy = policy
        self._own = {task: one.retry for task, one in own.items() if one.retry is not None}
        self._seed = seed
        self._case = case
        self._scale = scale
        self._granted: Counter[str] = Counter()  # by task where it has a policy of its own, else for all others

    def next_delay(self, track: Track, error: ErrorRecord, now: float, *, most: float | None = None) -> float | None:
        """Return the real seconds until the track's next attempt, or None if the item has failed for good.

        ``most`` is how many retries there may be so far in the run, whatever the policy says; None means any number.
        Raises PluginError where the policy asks for a negative delay or for none at all (NaN).
        """
        task = track.item.task
        policy, account = (self._own[task], task) if task in self._own else (self._policy, "")
        if policy.budget is not None and self._granted[account] >= policy.budget:
            return None
        if most is not None and self._granted.total() >= most:
            return None
        if error.is_permanent or not policy.retries(error):
            return None
        if track.delays is None:
            item = track.item
            # By content where there is one, as faults are drawn: whoever calls a task with this argument waits the same.
            key = item.fault_key or item.id
            track.delays = iter(policy.delays(seeded_random(self._seed, self._case, item.task, key, "delays")))
        delay = next(track.delays, None)
        if delay is None:
            return None
        if not delay >= 0:
            raise PluginError(f"The retry policy {policy!r} asked for a delay of {delay} s.", plugin=repr(policy))
        delay = max(delay * self._scale, _asked(policy, error))
        if self._is_too_late(policy, track, now + delay):
            return None
        self._granted[account] += 1
        return delay

    def _is_too_late(self, policy: RetryPolicy, track: Track, due: float) -> bool:
        """Return whether an attempt that starts at ``due`` is behind the policy's deadline for the item."""
        if policy.deadline is None or self._scale == 0 or track.first_started is None:
            return False
        return due - track.first_started > policy.deadline * self._scale


def _asked(policy: RetryPolicy, error: ErrorRecord) -> float:
    """Return the seconds that an error asks for, as far as the policy allows. Raises PluginError for a cap that is none."""
    if error.retry_after is None:
        return 0.0
    cap: object = getattr(policy, "retry_after_cap", RETRY_AFTER_CAP)
    if not isinstance(cap, int | float) or not cap >= 0:
        raise PluginError(f"The retry policy {policy!r} has a retry_after_cap of {cap!r}.", plugin=repr(policy))
    return min(error.retry_after, cap)
