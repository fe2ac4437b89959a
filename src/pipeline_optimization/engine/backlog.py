"""Which attempts are under way, and where the next one comes from."""

from __future__ import annotations

import heapq
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import count

from pipeline_optimization.engine.clock import AttemptTimers, Clock
from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.engine.work import Item, TaskPolicy, Track
from pipeline_optimization.types import Capabilities

__all__ = ["Backlog", "Flight"]

SUSPECT_LOSSES = 2
"""An item that lost so many workers runs alone, so that the next death is certainly its own; or fewer, where one more
death makes it poison."""

SPLIT_LOSSES = 2
"""A bundle that lost so many workers is split."""


class Backlog:
    """Orders what is to run: items due again first, then what finished items made possible, then new items.

    Depth first, so that few chunks are open at once. Retries wait on a heap of due times, not in a worker.
    """

    def __init__(self, items: Iterator[Item], *, poison_losses: int) -> None:
        # Who is given up at the first death is never tried alone.
        self._suspect_losses = min(SUSPECT_LOSSES, poison_losses - 1) or sys.maxsize
        self._split_losses = min(SPLIT_LOSSES, poison_losses)
        self._sources: list[tuple[Iterator[Item], float]] = [(items, 0.0)]
        self._ready: deque[Track] = deque()
        self._suspects: deque[Track] = deque()
        self._later: list[tuple[float, int, Track]] = []
        self._order = count()

    @property
    def parked(self) -> int:
        """Return how many items under way wait here for their next attempt."""
        return len(self._ready) + len(self._suspects) + len(self._later)

    @property
    def next_due(self) -> float | None:
        """Return the clock time at which the next waiting item is due."""
        return self._later[0][0] if self._later else None

    def add(self, items: Iterable[Item], start: float) -> None:
        """Add items that a result made possible; ``start`` is when, on the virtual path."""
        self._sources.append((iter(items), start))

    def again(self, track: Track) -> None:
        """Let an item under way run again at once."""
        (self._suspects if self.is_suspect(track) else self._ready).append(track)

    def split(self, track: Track) -> bool:
        """Put smaller bundles in the place of one, and return whether there are any.

        One of the items in it may kill its workers, or hang: the others must not be given up with it.
        """
        if track.item.split is None:
            return False
        parts = track.item.split()
        if parts:
            self.add(parts, track.path)
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
        if self._suspects:
            return self._suspects.popleft() if is_idle else None
        return self._ready.popleft() if self._ready else None

    @property
    def is_draining(self) -> bool:
        """Return whether a suspect waits for everything else to end."""
        return bool(self._suspects)

    def take_new(self) -> Track | None:
        """Return an item's first attempt, or None when there are no more items for now."""
        while self._sources:
            items, start = self._sources[-1]
            item = next(items, None)
            if item is not None:
                return Track(item=item, path=start)
            self._sources.pop()
        return None


class Flight:
    """Knows which track each open attempt is of. ``abandoned`` attempts hold a slot, and nobody waits for them."""

    def __init__(
        self, clock: Clock, limits: Limits, policies: Mapping[str, TaskPolicy], capabilities: Capabilities
    ) -> None:
        self._timeout = limits.item_timeout
        self._timeouts = {task: policy.timeout for task, policy in policies.items() if policy.timeout is not None}
        self.timers = AttemptTimers(clock, are_announced=capabilities.announces_start)
        # An attempt that is timed from its submission must start at once.
        self._per_slot = 1 if (self._timeouts or self._timeout is not None) and not capabilities.announces_start else 2
        self._tracks: dict[int, Track] = {}
        self._runs_alone = False
        self._last_id = 0
        self.abandoned: set[int] = set()

    def __len__(self) -> int:
        return len(self._tracks)

    def has_room(self, slots: int) -> bool:
        return not self._runs_alone and len(self._tracks) < self._per_slot * (slots - len(self.abandoned))

    def timeout_of(self, item: Item) -> float | None:
        """Return the seconds that an attempt of an item may take, None for any time."""
        return self._timeouts.get(item.task, self._timeout)

    def start(self, track: Track, *, is_alone: bool) -> int:
        """Add an attempt and return its id; with ``is_alone`` there is no room for others until it is over."""
        self._last_id += 1
        self._runs_alone = is_alone
        self._tracks[self._last_id] = track
        self.timers.submit(self._last_id, self.timeout_of(track.item))
        return self._last_id

    def end(self, attempt_id: int) -> Track | None:
        """Remove an attempt and return its track, None for one that is not open (any more)."""
        track = self._tracks.pop(attempt_id, None)
        if track is None:
            self.abandoned.discard(attempt_id)
            return None
        self.timers.end(attempt_id)
        self._runs_alone = False
        return track
