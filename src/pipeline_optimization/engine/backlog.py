"""The items that wait for an attempt, and the order in which they get one."""

from __future__ import annotations

import heapq
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from operator import length_hint
from typing import TYPE_CHECKING, NamedTuple

from pipeline_optimization.engine.limits import Limits, Unthrottled
from pipeline_optimization.engine.stopping import Stop
from pipeline_optimization.engine.work import FollowUps, Item, ItemState

if TYPE_CHECKING:
    from pipeline_optimization.engine.critical_path import Chain
    from pipeline_optimization.engine.throttling import Throttling

__all__ = ["Backlog"]

SUSPECT_LOSSES = 2
"""An item that lost this number of workers is a suspect and runs alone. If a worker dies then, the suspect or an abandoned attempt has killed it."""

SPLIT_LOSSES = 2
"""A bundle that lost this number of workers is split."""


class _FollowUpGroup(NamedTuple):
    """The follow-ups of one result.

    Attributes:
        left: Those that were not taken yet.
        start: When they could start at the earliest (``ItemState.earliest``).
        led_here: The chain of items that led to them, for the critical path; None if nobody follows attempts.
        items: All of them, as the workload returned them.
    """

    left: Iterator[Item]
    start: float
    led_here: Chain | None
    items: Iterable[Item]


class Backlog:
    """Orders the items that are to run: first those that run again, then follow-ups, then items of the input.

    This order finishes what has begun before it reads more, so that few items are in memory at once. Items that wait for a retry
    stand on a heap of due times, and items that must wait for a quota stand with this quota (``Throttle``). None of them takes up
    a worker, and other items overtake them. Together they are the *parked* items.

    An item *begins* when it is taken for its first attempt. Until then it is *new*.

    Attributes:
        is_input_read: Whether all items of the workload were read.

    Args:
        items: The items of the workload that depend on no other.
        limits: Bound how many items, and how many bytes of data, are under way at once.
        throttling: Keeps the quotas.
    """

    def __init__(self, items: Iterator[Item], limits: Limits, throttling: Throttling | Unthrottled) -> None:
        # A run that gives items up after two losses suspects them after one. A run that gives them up after one suspects none.
        self._suspect_losses = min(SUSPECT_LOSSES, limits.poison_losses - 1) or sys.maxsize
        self._split_losses = min(SPLIT_LOSSES, limits.poison_losses)
        self._max_parked = limits.parked
        self._max_bytes = limits.most_open_bytes
        self._throttling = throttling
        # Most runs have no quotas. At each step, to test this flag takes less time than to ask ``Unthrottled``.
        self._has_quotas = not isinstance(throttling, Unthrottled)
        self._input = items
        self.is_input_read = False
        self._groups: list[_FollowUpGroup] = []  # a stack: the follow-ups of the latest result go first
        self._ready: deque[ItemState] = deque()
        self._suspects: deque[ItemState] = deque()
        # A heap. The number in the middle decides between equal times, since item states cannot be compared.
        self._later: list[tuple[float, int, ItemState]] = []
        self._order = count()
        self._bytes_under_way = 0

    @property
    def parked(self) -> int:
        """Return how many items wait for their next attempt, or for a quota that allows their first one."""
        return self._parked_begun + self._throttling.number_new

    @property
    def waiting_for_retry(self) -> int:
        """Return how many items wait until their retry is due."""
        return len(self._later)

    @property
    def _parked_begun(self) -> int:
        """Return how many parked items have begun."""
        return len(self._ready) + len(self._suspects) + len(self._later) + self._throttling.number_begun

    @property
    def next_due(self) -> float | None:
        """Return the clock time at which the next parked item may go on; None if no item waits for time alone."""
        later = self._later[0][0] if self._later else None
        # If a suspect waits for idle workers, or no new item may begin, room in a quota helps nobody. If it counted, the engine would wait zero
        # seconds for it, again and again.
        if not self._has_quotas or self.waits_for_idle:
            return later
        due = self._throttling.due(self._suspects, with_new=self._may_begin_more)
        return min(due if later is None else [*due, later], default=None)

    def reason_to_stop(self) -> Stop | None:
        """Return the reason to stop if items wait for a quota that is used up by calls that hang; None otherwise."""
        return self._throttling.reason_to_stop(self._suspects)

    def add_follow_ups(self, items: Iterable[Item], state: ItemState) -> None:
        """Add the items that follow from another item: from its result, or because it was split."""
        led_here = None
        # Most results make nothing possible, and give an empty tuple. Another iterable shows only as it is read whether it is empty.
        if state.ran is not None and items != ():
            from pipeline_optimization.engine.critical_path import chain_to  # noqa: PLC0415 - where attempts are followed

            led_here = chain_to(state)
        self._groups.append(_FollowUpGroup(iter(items), state.earliest, led_here, items))

    def put_back(self, state: ItemState) -> None:
        """Park an item that may go on as soon as there is room."""
        (self._suspects if self.is_suspect(state) else self._ready).append(state)

    def follow_ups(self) -> Sequence[tuple[Item | FollowUps, int]] | None:
        """Return the items that results made possible and that wait for their first attempt, for the display of progress.

        Each entry is an item with the number 1, or a ``FollowUps`` with the number of items that are left in it. The result is None if
        the number cannot be told: some of the items wait for a quota, or come from an iterator of unknown length.
        """
        if self._throttling.number_new:
            return None
        found: list[tuple[Item | FollowUps, int]] = []
        for group in self._groups:
            number, items = length_hint(group.left, -1), group.items
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
        parked = (*list(self._ready), *list(self._suspects), *later, *self._throttling.begun_items())
        return {state.item.task for state in parked if state.item.is_bundle}

    def try_to_split(self, state: ItemState) -> bool:
        """Replace a bundle by smaller ones, and return whether that was possible.

        One of its elements may kill its workers, or hang. Without the split, all other elements would fail with it.
        """
        parts = None if state.item.split is None else state.item.split()
        if parts is None:
            return False
        self.add_follow_ups(parts, state)
        self.release(state)
        return True

    def is_to_split(self, state: ItemState) -> bool:
        """Return whether a bundle has lost so many workers that it should be split."""
        return state.losses >= self._split_losses

    def put_back_at(self, state: ItemState, due: float) -> None:
        """Park an item that may go on from the clock time ``due`` on."""
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
            self.put_back(heapq.heappop(self._later)[2])
        if (suspect := self._suspect_that_may_run()) is not None:
            if not is_idle:
                return None
            self._suspects.remove(suspect)
            return suspect
        if self._has_quotas and (state := self._throttling.take_begun()) is not None:
            return state
        while self._ready:
            state = self._ready.popleft()
            if self._admit_or_set_aside(state):
                return state
        return None

    @property
    def waits_for_idle(self) -> bool:
        """Return whether a suspect waits until no other attempt is open. While a suspect waits for its quota, other items may run."""
        return self._suspect_that_may_run() is not None

    def _suspect_that_may_run(self) -> ItemState | None:
        """Return the first suspect whose quota allows a call. An earlier one that still waits must not hold it up."""
        return next(filter(self._throttling.allows, self._suspects), None) if self._suspects else None

    def take_new(self, *, is_any_under_way: bool) -> ItemState | None:
        """Return an item for its first attempt, or None if there is none now.

        Args:
            is_any_under_way: Whether other items are open or parked. If no other item is, this one may be larger than the limit of bytes.
        """
        if is_any_under_way and not self._may_begin_more:
            return None
        state = (
            self._take_follow_up() or self._throttling.take_new() or self._take_input(is_any_under_way=is_any_under_way)
        )
        if state is not None:
            state.has_begun = True
            self._bytes_under_way += state.item.in_memory
        return state

    def release(self, state: ItemState) -> None:
        """Note that an item has ended, and that its data takes no memory any more."""
        self._bytes_under_way -= state.item.in_memory

    def _take_follow_up(self) -> ItemState | None:
        # The latest result first: its items end a chain that has begun. Items that must wait for a quota are set aside in any number, since
        # those after them may go on. A pipeline returns all follow-ups of a result in one list, so they are in memory anyway.
        while self._groups:
            group = self._groups[-1]
            for item in group.left:
                state = ItemState(item=item, earliest=group.start, led_here=group.led_here)
                if self._admit_or_set_aside(state):
                    return state
            self._groups.pop()
        return None

    def _take_input(self, *, is_any_under_way: bool) -> ItemState | None:
        # Items that must wait for their quota are set aside, and more are read after them, since other tasks may go on.
        while not (is_any_under_way and self._has_quotas and not self._may_read_more):
            item = next(self._input, None)
            if item is None:
                self.is_input_read = True
                return None
            state = ItemState(item=item, earliest=0.0)
            if self._admit_or_set_aside(state):
                return state
            is_any_under_way = True  # the item that was just set aside is parked now
        return None

    @property
    def _may_begin_more(self) -> bool:
        """Return whether so little is under way that new items may begin."""
        return self._bytes_under_way < self._max_bytes and self._parked_begun < self._max_parked

    @property
    def _may_read_more(self) -> bool:
        """Return whether so few items are parked that more may be read. If not, items that were read before may still begin."""
        bytes_read = self._bytes_under_way + self._throttling.bytes_new
        return bytes_read < self._max_bytes and self.parked < self._max_parked

    def _admit_or_set_aside(self, state: ItemState) -> bool:
        """Return whether an item may have its next attempt now. If not, set it aside until its quota allows it."""
        if not self._has_quotas or self._throttling.allows_in_turn(state):
            return True
        self._throttling.set_aside(state)
        return False
