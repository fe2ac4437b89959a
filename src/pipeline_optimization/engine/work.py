"""What the engine runs: a workload of items, the state of each item under way, and the rule by which failed items are tried again."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
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
    "NO_TASK_POLICIES",
    "TIMEOUT",
    "FollowUps",
    "Item",
    "ItemState",
    "Retrying",
    "TaskPolicy",
    "UnacceptableError",
    "Workload",
    "timeout_error",
]


TIMEOUT = "ItemTimeout"
"""The error type of an attempt that took too long."""


@frozen(kw_only=True)
class TaskPolicy:
    """What differs for the attempts of one task: their time limit in seconds, their retries, and their quota.

    If one of them is None, that of the run holds. A run has no quota, so a task whose quota is None may be called at any time.
    ``retry_label`` names the retry policy with its options.
    """

    timeout: float | None = None
    retry: RetryPolicy | None = None
    quota: Quota | None = None
    retry_label: str = ""


NO_TASK_POLICIES: Mapping[str, TaskPolicy] = MappingProxyType({})
"""The policies of a run in which no task has a policy of its own."""


@frozen(kw_only=True)
class Item:
    """One piece of work: a worker runs ``task`` on ``data``.

    Only ``task``, ``id``, ``fault_key`` and ``data`` travel to the worker. All else stays in the parent.

    Attributes:
        id: Names the item among those of its task. It does not depend on the orchestrator.
        task: The name of the task.
        fault_key: What faults are drawn for, together with the attempt's number. It is made of the item's content, so that a program that
            calls the tasks itself, without the engine, meets the same faults.
        data: What the task gets.
        weight: A number that only the workload uses: for how many equal values the item stands.
        size: How many bytes of input the item stands for.
        in_memory: How many bytes of them the item keeps in memory while it is under way. It is less than ``size`` if a worker reads the input itself.
        place: Where in the input the item comes from, for people.
        first_attempt: The number of its first attempt; above 1 if an earlier run gave it up, since the same numbers would meet the same faults.
        position: A number that stands for the item in the ledger. The hashes of many positions are added up at once. None if the ledger uses ``id``.
        first_error: The error of its first attempt, if this attempt was made inside a bundle and failed there.
        from_bundle: The name of the bundle in which that first attempt was made; empty if there was none.
        is_bundle: Whether the item is a bundle. The ledger has the items of a bundle, and not the bundle.
        runs: The function that the item runs, for people. The engine names it in an error if the worker has died or hangs.
        split: Returns smaller bundles that take the place of this one, or None if it cannot be split. The result is empty if all smaller bundles
            ended in an earlier run.
        on_failure: Called if the item has failed for good. It lets the workload count the item, and returns a place that tells more than ``place``.
    """

    id: str
    task: str
    fault_key: str = ""
    data: bytes = field(default=b"", repr=False)
    weight: int = 1
    size: int = field(default=Factory(lambda self: len(self.data), takes_self=True))
    in_memory: int = field(default=Factory(lambda self: self.size, takes_self=True))
    place: str = ""
    first_attempt: int = 1
    position: int | None = None
    first_error: ErrorRecord | None = None
    from_bundle: str = ""
    is_bundle: bool = False
    runs: str = field(default="", repr=False)
    split: Callable[[], Iterable[Item] | None] | None = field(default=None, repr=False, eq=False)
    on_failure: Callable[[], str] | None = field(default=None, repr=False, eq=False)

    @property
    def name(self) -> str:
        """Return the name of the item in reports and events."""
        return f"{self.task}:{self.id}"

    def timeout_error(self, timeout: float, outcome: str) -> ErrorRecord:
        """Return the error of an attempt that took longer than ``timeout`` seconds; ``outcome`` says what became of it."""
        return timeout_error(self.runs or "it", timeout, outcome)

    def loss_error(self, detail: str, *, is_stopping: bool) -> ErrorRecord:
        """Return the error of a lost attempt; ``detail`` says what is known of the cause. If the run is stopping, no function is blamed for it."""
        message = detail or "the worker died"
        if self.runs:
            message += f" while it ran {self.runs}"
            if not is_stopping:
                message += "; a function must not end its process, nor take more memory than there is"
        return ErrorRecord(type="WorkerLost", message=message)


def timeout_error(called: str, timeout: float, outcome: str) -> ErrorRecord:
    """Return the error of a call that took longer than ``timeout`` seconds.

    Args:
        called: What was called, for people.
        timeout: The limit in seconds.
        outcome: What became of the call, as a clause such as "it was ended".
    """
    return ErrorRecord(type=TIMEOUT, message=f"{called} took longer than its limit of {timeout:g} s; {outcome}")


class FollowUps(Iterator[Item]):
    """The ``number`` items of one ``task`` that a result made possible. Each is made when the engine asks for it."""

    is_bundle = False  # ``progress`` reads it and ``task``, as it does of an item. No workload with bundles makes follow-ups in this way

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
    """The workload cannot accept a result, and has taken nothing of it. The item fails with the error ``record``."""

    def __init__(self, record: ErrorRecord) -> None:
        super().__init__(record.message)
        self.record = record


class Workload(Protocol):
    """The items of a run. The engine reads them one by one, when it has room, and hands back each result exactly once."""

    def items(self) -> Iterator[Item]:
        """Yield the items that depend on no other item. Make each of them only when it is asked for: the input may be large."""
        ...

    def accept(self, item: Item, result: bytes) -> Iterable[Item]:
        """Take a result, and return the items that it makes possible. The engine runs them before it reads more ``items``.

        Raises:
            UnacceptableError: If the workload can make nothing of the result.
        """
        ...


@define(eq=False, repr=False)
class ItemState:
    """An item under way, and how far it is.

    Attributes:
        item: The item.
        earliest: The earliest time, in seconds from the start, at which the item could be this far with unlimited workers. At first it is that
            of the item from whose result it follows; 0 for the input. Its own simulated times, its retry delays, and the time limits that its
            attempts used up are added. The largest of a run is its floor, unless a quota makes the floor larger.
        number: The number of its attempt that is open or due next.
        losses: How many of its attempts were lost.
        has_begun: Whether it was taken for its first attempt, so that its bytes count as under way. If no slot is free then, it is parked.
        first_started: The clock time at which its first attempt was submitted, or its ``first_error`` taken up; None before.
        delays: The rest of the delays that its retry policy gave it; None before its first failure.
        ran: The measured nanoseconds of its attempts so far; None if nobody measures attempts.
        delayed: The nanoseconds of its retry delays so far.
        led_here: The chain of items that led to this one, for the critical path.
    """

    item: Item
    earliest: float
    number: int = field(default=Factory(lambda self: self.item.first_attempt, takes_self=True))
    losses: int = 0
    has_begun: bool = False
    first_started: float | None = None
    delays: Iterator[float] | None = None
    ran: int | None = None
    delayed: int = 0
    led_here: Chain | None = None


RETRY_AFTER_CAP = 60.0
"""The longest delay in seconds that an error may ask for, if the retry policy says nothing of it."""


class Retrying:
    """Decides by a retry policy whether and when a failed item is tried again.

    A policy says which errors are worth a retry, how long to wait before each, how many retries there may be in the run (its budget), and how
    long an item may take in all (its deadline). An error may ask for a longer delay, as an overloaded service does, up to ``retry_after_cap``.

    Args:
        policy: The retry policy of the run.
        seed: The delays of a policy may be random. They are drawn from this seed.
        case: The name of the test case, which has draws of its own.
        scale: How many real seconds a second of the policy takes: in a simulation, the policy's delays and deadline shrink as the simulated
            latencies do. At scale 0 simulated seconds take no time, so an item never misses its deadline. A delay that an error asks for is
            not scaled, nor is its cap: it comes from a real service. Such delays count in full towards the scaled deadline.
        own: The policies of tasks. Tasks with a retry policy of their own have a budget of their own.
    """

    def __init__(
        self,
        policy: RetryPolicy,
        *,
        seed: int,
        case: str,
        scale: float = 1.0,
        own: Mapping[str, TaskPolicy] = NO_TASK_POLICIES,
    ) -> None:
        self._policy = policy
        self._own = {task: one.retry for task, one in own.items() if one.retry is not None}
        self._seed = seed
        self._case = case
        self._scale = scale
        # Retries so far, by task for tasks with a policy of their own, and under "" for all others together.
        self._granted: Counter[str] = Counter()

    def next_delay(
        self, state: ItemState, error: ErrorRecord, now: float, *, retries_allowed: float | None = None
    ) -> float | None:
        """Return the real seconds until the item's next attempt, or None if the item has failed for good.

        Args:
            state: The state of the item whose attempt has failed.
            error: The error of this attempt.
            now: The present clock time.
            retries_allowed: How many retries the run may have had so far, whatever the policy says; None for any number.

        Raises:
            PluginError: If the policy asks for a delay that is negative, infinite or not a number.
        """
        task = state.item.task
        policy, budget_of = (self._own[task], task) if task in self._own else (self._policy, "")
        if policy.budget is not None and self._granted[budget_of] >= policy.budget:
            return None
        if retries_allowed is not None and self._granted.total() >= retries_allowed:
            return None
        if error.is_permanent or not policy.retries(error):
            return None
        if state.delays is None:
            # The delays depend on the content, as faults do. So an item waits as long as a program that calls its task directly.
            key = state.item.fault_key or state.item.id
            state.delays = iter(policy.delays(seeded_random(self._seed, self._case, task, key, "delays")))
        delay = next(state.delays, None)
        if delay is None:
            return None
        if not _is_delay(delay):
            raise PluginError(f"The retry policy {policy!r} asked for a delay of {delay!r} s.", plugin=repr(policy))
        delay = max(float(delay) * self._scale, _asked(policy, error))  # it may be a Decimal
        if self._is_too_late(policy, state, now + delay):
            return None
        self._granted[budget_of] += 1
        return delay

    def _is_too_late(self, policy: RetryPolicy, state: ItemState, due: float) -> bool:
        """Return whether an attempt that starts at the clock time ``due`` would miss the item's deadline."""
        if policy.deadline is None or self._scale == 0 or state.first_started is None:
            return False
        return due - state.first_started > policy.deadline * self._scale


def _is_delay(value: float) -> bool:
    try:
        return 0 <= value <= sys.float_info.max
    except (TypeError, ArithmeticError):  # it is no number, or a NaN of Decimal, which refuses to be compared
        return False


def _asked(policy: RetryPolicy, error: ErrorRecord) -> float:
    """Return the seconds that an error asks for, or the policy's cap if that is less. Raises PluginError if the cap is no number."""
    if error.retry_after is None:
        return 0.0
    cap: object = getattr(policy, "retry_after_cap", RETRY_AFTER_CAP)
    if not isinstance(cap, int | float) or not cap >= 0:
        raise PluginError(f"The retry policy {policy!r} has a retry_after_cap of {cap!r}.", plugin=repr(policy))
    return min(error.retry_after, cap)
