"""Where the next attempt comes from."""

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
from pipeline_optimization.engine.work import FollowUps, Item, TaskPolicy, Track

if TYPE_CHECKING:
    from pipeline_optimization.engine.critical_path import Chain
    from pipeline_optimization.engine.throttling import Throttling

__all__ = ["Backlog", "Unthrottled", "throttling_of"]

SUSPECT_LOSSES = 2
"""An item that lost this number of workers runs alone, so that the next death is certainly its own; or fewer, where one more
death makes it poison."""

SPLIT_LOSSES = 2
"""A bundle that lost this number of workers is split."""


class Unthrottled:
    """Stands for the quotas of a run in which no task has one."""

    has_rates = False
    held_bytes = held_again = held_new = 0
    floor = 0.0

    def keeps(self, task: str) -> bool:
        return False

    def has_room(self, track: Track) -> bool:
        return True

    admits = has_room

    def hold(self, track: Track) -> None:
        raise AssertionError("nothing waits for a quota")

    def take(self) -> Track | None:
        return None

    take_again = take_new = take

    def due(self, suspects: Iterable[Track], *, with_new: bool) -> list[float]:
        return []

    def hang(self, suspects: Iterable[Track]) -> Stop | None:
        return None

    def note(self, *event: object) -> None:
        pass

    submit = start = end = abandon = note


def throttling_of(clock: Clock, policies: Mapping[str, TaskPolicy]) -> Throttling | Unthrottled:
    """Return what keeps the quotas of a run."""
    if all(policy.quota is None for policy in policies.values()):
        return Unthrottled()
    from pipeline_optimization.engine.throttling import Throttling  # noqa: PLC0415 - for runs with quotas

    return Throttling(clock, policies)


class Backlog:
    """Orders what is to run: items due again first, then what finished items made possible, then new items.

    Depth first, so that few chunks are open at once. Retries wait on a heap of due times, and what its task's quota keeps from going on
    waits with its throttle; neither is in a worker, and others go ahead. ``is_read`` tells that there is no new item any more.
    """

    def __init__(self, items: Iterator[Item], limits: Limits, throttling: Throttling | Unthrottled) -> None:
        # Who is given up at the first death is never tried alone.
        self._suspect_losses = min(SUSPECT_LOSSES, limits.poison_losses - 1) or sys.maxsize
        self._split_losses = min(SPLIT_LOSSES, limits.poison_losses)
        self._max_parked = limits.parked
        self._max_bytes = limits.most_open_bytes
        self._throttling = throttling
        self._has_quotas = not isinstance(throttling, Unthrottled)  # asked at each step, and most runs have none
        self._input = items
        self.is_read = False
        self._follow_ups: list[tuple[Iterator[Item], float, Chain | None, Iterable[Item]]] = []
        self._ready: deque[Track] = deque()
        self._suspects: deque[Track] = deque()
        self._later: list[tuple[float, int, Track]] = []
        self._order = count()
        self._open_bytes = 0

    @property
    def parked(self) -> int:
        """Return how many items wait here for their next attempt, or for their first one under a quota."""
        return self._parked_again + self._throttling.held_new

    @property
    def waiting_for_retry(self) -> int:
        """Return how many items wait for the moment of their next attempt."""
        return len(self._later)

    @property
    def _parked_again(self) -> int:
        return len(self._ready) + len(self._suspects) + len(self._later) + self._throttling.held_again

    @property
    def next_due(self) -> float | None:
        """Return the clock time at which the next waiting item is due, as far as that depends on time alone."""
        later = self._later[0][0] if self._later else None
        # What is due and cannot go on all the same is left out, or waiting for it would be a busy loop.
        if not self._has_quotas or self.is_draining:
            return later
        due = self._throttling.due(self._suspects, with_new=not self._is_full)
        return min(due if later is None else [*due, later], default=None)

    def hang(self) -> Stop | None:
        """Return why the run stops where items wait for calls that hang."""
        return self._throttling.hang(self._suspects)

    def add(self, items: Iterable[Item], track: Track) -> None:
        """Add items that follow from another one."""
        behind = None
        if track.ran is not None and items != ():
            from pipeline_optimization.engine.critical_path import chain_to  # noqa: PLC0415 - where attempts are followed

            behind = chain_to(track)
        self._follow_ups.append((iter(items), track.path, behind, items))

    def again(self, track: Track) -> None:
        """Let an item under way run again at once."""
        (self._suspects if self.is_suspect(track) else self._ready).append(track)

    def follow_ups(self) -> Sequence[tuple[Item | FollowUps, int]] | None:
        """Return what results made possible and waits for its first attempt, each with how many items it is; None where that cannot be told."""
        if self._throttling.held_new:
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

    def split(self, track: Track) -> bool:
        """Put smaller bundles in the place of one, and return whether there are any.

        One of the items in it may kill its workers, or hang: the others must not be given up with it.
        """
        if track.item.split is None:
            return False
        parts = track.item.split()
        if parts:
            self.add(parts, track)
            self.ended(track)
        return bool(parts)

    def is_to_split(self, track: Track) -> bool:
        """Return whether a bundle has lost too many workers."""
        return track.losses >= self._split_losses

    def later(self, track: Track, due: float) -> None:
        """Let an item under way run again at the clock time ``due``."""
        heapq.heappush(self._later, (due, next(self._order), track))

    def is_suspect(self, track: Track) -> bool:
        return track.losses >= self._suspect_losses

    def take_parked(self, now: float, *, is_idle: bool) -> Track | None:
        """Return an item that is due again. A suspect is given out only when nothing else runs (``is_idle``)."""
        while self._later and self._later[0][0] <= now:
            self.again(heapq.heappop(self._later)[2])
        if (suspect := self._suspect_that_may_run()) is not None:
            if not is_idle:
                return None
            self._suspects.remove(suspect)
            return suspect
        if self._has_quotas and (track := self._throttling.take_again()) is not None:
            return track
        while self._ready:
            track = self._ready.popleft()
            if not self._has_quotas or self._throttling.admits(track):
                return track
            self._throttling.hold(track)
        return None

    @property
    def is_draining(self) -> bool:
        """Return whether a suspect waits for everything else to end. One that waits for its quota keeps nobody waiting."""
        return self._suspect_that_may_run() is not None

    def _suspect_that_may_run(self) -> Track | None:
        """Return the first suspect whose quota has room. Another one that still waits must not hold it up."""
        return next(filter(self._throttling.has_room, self._suspects), None) if self._suspects else None

    def take_new(self, *, is_any_open: bool) -> Track | None:
        """Return an item's first attempt, or None when there are no more items for now.

        ``is_any_open``: others are under way, so that there may be too many of them.
        """
        if is_any_open and self._is_full:
            return None
        track = self._take_follow_up() or self._throttling.take_new() or self._take_input(is_any_open=is_any_open)
        if track is not None:
            self._open_bytes += track.item.size
        return track

    def ended(self, track: Track) -> None:
        """Note that an item keeps no memory any more."""
        self._open_bytes -= track.item.size

    def _take_follow_up(self) -> Track | None:
        while self._follow_ups:
            items, start, behind, _ = self._follow_ups[-1]
            for item in items:
                if (track := self._admitted(item, start, behind)) is not None:
                    return track
            self._follow_ups.pop()
        return None

    def _take_input(self, *, is_any_open: bool) -> Track | None:
        while not (is_any_open and self._has_quotas and self._has_enough):
            item = next(self._input, None)
            if item is None:
                self.is_read = True
                return None
            if (track := self._admitted(item, 0.0)) is not None:
                return track
            is_any_open = True
        return None

    @property
    def _is_full(self) -> bool:
        return self._open_bytes >= self._max_bytes or self._parked_again >= self._max_parked

    @property
    def _has_enough(self) -> bool:
        """Return whether so much waits for quotas that no more is read; of what was read already, the rest may go ahead."""
        held = self._throttling
        return self._open_bytes + held.held_bytes >= self._max_bytes or self.parked >= self._max_parked

    def _admitted(self, item: Item, start: float, behind: Chain | None = None) -> Track | None:
        """Return the track of an item that may go on; others wait for their quota."""
        track = Track(item=item, path=start, behind=behind)
        if not self._has_quotas or self._throttling.admits(track):
            return track
        self._throttling.hold(track)
        return None
