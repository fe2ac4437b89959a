"""Which track each open attempt is of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline_optimization.engine.backlog import Unthrottled
from pipeline_optimization.engine.clock import AttemptTimers, Clock
from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.engine.work import Item, TaskPolicy, Track
from pipeline_optimization.types import Capabilities

if TYPE_CHECKING:
    from pipeline_optimization.engine.throttling import Throttling

__all__ = ["Flight"]


class Flight:
    """Knows which track each open attempt is of. ``abandoned`` attempts hold a slot, and nobody waits for them."""

    def __init__(
        self,
        clock: Clock,
        limits: Limits,
        policies: Mapping[str, TaskPolicy],
        capabilities: Capabilities,
        throttling: Throttling | Unthrottled,
    ) -> None:
        self._timeout = limits.item_timeout
        self._timeouts = {task: policy.timeout for task, policy in policies.items() if policy.timeout is not None}
        self._throttling = throttling
        self.timers = AttemptTimers(clock, are_announced=capabilities.announces_start, on_start=throttling.start)
        # An attempt that is timed from its submission must start at once; so must a call that is paced.
        is_timed = bool(self._timeouts) or self._timeout is not None
        at_once = throttling.has_rates or (is_timed and not capabilities.announces_start)
        self._per_slot = 1 if at_once else 2
        self._tracks: dict[int, Track] = {}
        self._runs_alone = False
        self._last_id = 0
        self.abandoned: set[int] = set()

    def __len__(self) -> int:
        return len(self._tracks)

    def has_room(self, slots: int) -> bool:
        self.timers.take_announced()
        return not self._runs_alone and len(self._tracks) < self._per_slot * (slots - len(self.abandoned))

    def timeout_of(self, item: Item) -> float | None:
        """Return the seconds that an attempt of an item may take, None for any time."""
        return self._timeouts.get(item.task, self._timeout)

    def start(self, track: Track, *, is_alone: bool) -> int:
        """Add an attempt and return its id; with ``is_alone`` there is no room for others until it is over."""
        self._last_id += 1
        self._runs_alone = is_alone
        self._tracks[self._last_id] = track
        self._throttling.submit(self._last_id, track.item.task)
        self.timers.submit(self._last_id, self.timeout_of(track.item))
        return self._last_id

    def end(self, attempt_id: int) -> Track | None:
        """Remove an attempt and return its track, None for one that is not open (any more)."""
        track = self._tracks.pop(attempt_id, None)
        self.timers.end(attempt_id)
        self._throttling.end(attempt_id)
        if track is None:
            self.abandoned.discard(attempt_id)
            return None
        self._runs_alone = False
        return track

    def items(self) -> Sequence[Item]:
        """Return the items of all open attempts. Any thread may ask, so that the list of tracks is made at once."""
        return [track.item for track in list(self._tracks.values())]

    def abandon(self, attempt_id: int, track: Track, timeout: float) -> None:
        """Keep the slot and the place in its quota of an attempt that took too long, and that nothing can end."""
        self.abandoned.add(attempt_id)
        self._throttling.abandon(attempt_id, track.item.task, timeout)
