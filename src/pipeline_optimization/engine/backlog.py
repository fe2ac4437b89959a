"""The items that wait for an attempt, and the order in which they get one."""

from __future__ import annotations

import heapq
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from operator import length_hint
from typing import TYPE_CHECKING

from pipeline_optimization.engine.clock import Clock
from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.engine.stopping import Stop
from pipeline_optimization.engine.work import FollowUps, Item, ItemState, TaskPolicy

if TYPE_CHECKING:
    from pipeline_optimization.engine.critical_path import Chain
    from pipeline_optimization.engine.throttling import Throttling

__all__ = ["Backlog", "Unthrottled", "throttling_of"]

SUSPECT_LOSSES = 2
"""An item that lost this number of workers is a suspect and runs alone: if a worker dies then, only an abandoned attempt could be the cause as well.

A run that gives items up after two losses suspects them after one.
"""

SPLIT_LOSSES = 2
"""A bundle that lost this number of workers is split."""


class Unthrottled:
    """Has the methods of ``Throttling``, which describes them, for a run without quotas: all calls may begin at once."""

    has_rates = False
    bytes_new = number_again = number_new = 0
    floor, told = 0.0, ()

    def keeps(self, task: str) -> bool:
        return False

    def has_room(self, state: ItemState) -> bool:
        return True

    admits = has_room  # with no quota, nothing is waited for that an item could overtake

    def hold(self, state: ItemState) -> None:
        raise AssertionError("nothing waits for a quota")

    def take(self) -> ItemState | None:
        return None

    take_again = take_new = take

    def items_again(self) -> Sequence[ItemState]:
        return ()

    def due(self, suspects: Iterable[ItemState], *, with_new: bool) -> list[float]:
        return []

    def reason_to_stop(self, suspects: Iterable[ItemState]) -> Stop | None:
        return None

    def submit(self, *event: object) -> None:
        pass

    start = end = abandon = note_latency = submit


def throttling_of(clock: Clock, policies: Mapping[str, TaskPolicy]) -> Throttling | Unthrottled:
    """Return the object that keeps the quotas of a run. Runs without quotas do not import ``throttling``."""
    if all(policy.quota is None for policy in policies.values()):
        return Unthrottled()
    from pipeline_optimization.engine.throttling import Throttling  # noqa: PLC0415 - for runs with quotas

    return Throttling(clock, policies)


class Backlog:
    """Orders the items that are to run: first those that run again, then those that finished items made possible, then new ones.

    This order finishes what has begun before it reads more, so that few items are in memory at once. Items that wait for a retry
    stand on a heap of due times, and items that must wait for a quota stand with this quota (``Throttle``). These are *parked*.

    Attributes:
        is_read: Whether all items of the workload were read.

    Args:
        items: The items of the workload that depend on no other.
        limits: Bound how many items, and how many bytes of data, are under way at once.
        throttling: Keeps the quotas.
    """

    def __init__(self, items: Iterator[Item], limits: Limits, throttling: Throttling | Unthrottled) -> None:
        # An item that is given up at the first death is never a suspect.
        self._suspect_losses = min(SUSPECT_LOSSES, limits.poison_losses - 1) or sys.maxsize
        self._split_losses = min(SPLIT_LOSSES, limits.poison_losses)
        self._max_parked = limits.parked
        self._max_bytes = limits.most_open_bytes
        self._throttling = throttling
        # Most runs have no quotas. At each step, to test this flag takes less time than to ask ``Unthrottled``.
        self._has_quotas = not isinstance(throttling, Unthrottled)
        self._input = items
        self.is_read = False
        # A stack with an entry for each result: the items that it made possible and that are left, when they could start at the
        # earliest, the chain of items that led to them, and all items of the result, for ``follow_ups``.
        self._follow_ups: list[tuple[Iterator[Item], float, Chain | None, Iterable[Item]]] = []
        self._ready: deque[ItemState] = deque()
        self._suspects: deque[ItemState] = deque()
        # A heap. The number in the middle decides between equal times, since item states cannot be compared.
        self._later: list[tuple[float, int, ItemState]] = []
        self._order = count()
        self._bytes_under_way = 0

    @property
    def parked(self) -> int:
        """Return how many items wait for their next attempt, or for a quota that allows their first one."""
        return self._parked_again + self._throttling.number_new

    @property
    def waiting_for_retry(self) -> int:
        """Return how many items wait until their retry is due."""
        return len(self._later)

    @property
    def _parked_again(self) -> int:
        return len(self._ready) + len(self._suspects) + len(self._later) + self._throttling.number_again

    @property
    def next_due(self) -> float | None:
        """Return the clock time at which the next parked item may go on; None if no item waits for time alone."""
        later = self._later[0][0] if self._later else None
        # An item that is due and cannot go on for another reason does not count. The engine would wait zero seconds for it, again
        # and again.
        if not self._has_quotas or self.waits_for_idle:
            return later
        due = self._throttling.due(self._suspects, with_new=not self._is_full)
        return min(due if later is None else [*due, later], default=None)

    def reason_to_stop(self) -> Stop | None:
        """Return the reason to stop if items wait for a quota that is used up by calls that hang; None otherwise."""
        return self._throttling.reason_to_stop(self._suspects)

    def add(self, items: Iterable[Item], state: ItemState) -> None:
        """Add the items that the result of another item made possible."""
        led_here = None
        if state.ran is not None and items != ():  # most results make nothing possible, and give this empty tuple
            from pipeline_optimization.engine.critical_path import chain_to  # noqa: PLC0415 - where attempts are followed

            led_here = chain_to(state)
        self._follow_ups.append((iter(items), state.earliest, led_here, items))

    def again(self, state: ItemState) -> None:
        """Let an item run again as soon as there is room."""
        (self._suspects if self.is_suspect(state) else self._ready).append(state)

    def follow_ups(self) -> Sequence[tuple[Item | FollowUps, int]] | None:
        """Return the items that results made possible and that wait for their first attempt, for the display of progress.

        Each entry is an item with the number 1, or a ``FollowUps`` with the number of items that are left in it. The result is None if
        the number cannot be told: some of the items wait for a quota, or come from an iterator of unknown length.
        """
        if self._throttling.number_new:
            return None
        found: list[tuple[Item | FollowUps, int]] = []
        for left, _, _, items in self._follow_ups:
            number = length_hint(left, -1)
            if isinstance(items, FollowUps):
                found.append((items, number))
            elif number < 0 or not isinstance(items, list | tuple):
                return None
            else:
                found += [(item, 1) for item in items[len(items) - number :]]
        return found

    def tasks_of_parked_bundles(self) -> set[str]:
        """Return the tasks of the bundles that wait for their next attempt, for the display of progress, which may ask in another thread."""
        later = (entry[2] for entry in list(self._later))
        parked = (*list(self._ready), *list(self._suspects), *later, *self._throttling.items_again())
        return {state.item.task for state in parked if state.item.is_bundle}

    def split(self, state: ItemState) -> bool:
        """Replace a bundle by smaller ones, and return whether that was possible.

        One of its elements may kill its workers, or hang. Without the split, all other elements would fail with it.
        """
        parts = None if state.item.split is None else state.item.split()
        if parts is None:
            return False
        self.add(parts, state)
        self.ended(state)
        return True

    def is_to_split(self, state: ItemState) -> bool:
        """Return whether a bundle has lost so many workers that it should be split."""
        return state.losses >= self._split_losses

    def later(self, state: ItemState, due: float) -> None:
        """Let an item run again from the clock time ``due`` on."""
        heapq.heappush(self._later, (due, next(self._order), state))

    def is_suspect(self, state: ItemState) -> bool:
        """Return whether an item has lost so many workers that it must run alone."""
        return state.losses >= self._suspect_losses

    def take_parked(self, now: float, *, is_idle: bool) -> ItemState | None:
        """Return a parked item that may go on now, or None.

        Args:
            now: The present clock time.
            is_idle: Whether no attempt is open. Only then is a suspect returned. While a suspect may run, nothing else is returned.
        """
        while self._later and self._later[0][0] <= now:
            self.again(heapq.heappop(self._later)[2])
        if (suspect := self._suspect_that_may_run()) is not None:
            if not is_idle:
                return None
            self._suspects.remove(suspect)
            return suspect
        if self._has_quotas and (state := self._throttling.take_again()) is not None:
            return state
        while self._ready:
            state = self._ready.popleft()
            if not self._has_quotas or self._throttling.admits(state):
                return state
            self._throttling.hold(state)
        return None

    @property
    def waits_for_idle(self) -> bool:
        """Return whether a suspect waits until no other attempt is open. While a suspect waits for its quota, others may run."""
        return self._suspect_that_may_run() is not None

    def _suspect_that_may_run(self) -> ItemState | None:
        """Return the first suspect whose quota has room. An earlier one that still waits must not hold it up."""
        return next(filter(self._throttling.has_room, self._suspects), None) if self._suspects else None

    def take_new(self, *, is_any_under_way: bool) -> ItemState | None:
        """Return an item for its first attempt, or None if there is none now.

        Args:
            is_any_under_way: Whether other items are open or parked. If none is, an item may be larger than the limit of bytes.
        """
        if is_any_under_way and self._is_full:
            return None
        state = (
            self._take_follow_up() or self._throttling.take_new() or self._take_input(is_any_under_way=is_any_under_way)
        )
        if state is not None:
            state.has_begun = True
            self._bytes_under_way += state.item.in_memory
        return state

    def ended(self, state: ItemState) -> None:
        """Note that an item has ended, and that its data takes no memory any more."""
        self._bytes_under_way -= state.item.in_memory

    def _take_follow_up(self) -> ItemState | None:
        # The latest result first: its items end a chain that has begun. Items that must wait for a quota are set aside in any number, since
        # those behind them may go on, and the results of a pipeline hold them in memory anyway.
        while self._follow_ups:
            items, start, led_here, _ = self._follow_ups[-1]
            for item in items:
                if (state := self._admitted(item, start, led_here)) is not None:
                    return state
            self._follow_ups.pop()
        return None

    def _take_input(self, *, is_any_under_way: bool) -> ItemState | None:
        # Items that must wait for their quota are set aside, and more are read behind them, since other tasks may go on.
        while not (is_any_under_way and self._has_quotas and self._has_enough):
            item = next(self._input, None)
            if item is None:
                self.is_read = True
                return None
            if (state := self._admitted(item, 0.0)) is not None:
                return state
            is_any_under_way = True  # the item that was just set aside
        return None

    @property
    def _is_full(self) -> bool:
        """Return whether so much is under way that no new item may begin."""
        return self._bytes_under_way >= self._max_bytes or self._parked_again >= self._max_parked

    @property
    def _has_enough(self) -> bool:
        """Return whether so many items wait for quotas that no more are read. Items that were read before may still begin."""
        waiting = self._throttling
        return self._bytes_under_way + waiting.bytes_new >= self._max_bytes or self.parked >= self._max_parked

    def _admitted(self, item: Item, start: float, led_here: Chain | None = None) -> ItemState | None:
        """Return the state of a new item if it may begin now. If not, set it aside until its quota allows it, and return None."""
        state = ItemState(item=item, earliest=start, led_here=led_here)
        if not self._has_quotas or self._throttling.admits(state):
            return state
        self._throttling.hold(state)
        return None
