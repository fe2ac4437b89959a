"""The attempts under way, and how many more there may be."""

from __future__ import annotations

from pipeline_optimization.engine.clock import Clock
from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.engine.timers import AttemptTimers
from pipeline_optimization.engine.work import Track
from pipeline_optimization.types import Capabilities

__all__ = ["Flight"]


class Flight:
    """Knows which track each open attempt is of. ``abandoned`` attempts hold a slot, and nobody waits for them."""

    def __init__(self, clock: Clock, limits: Limits, capabilities: Capabilities) -> None:
        self.timers = AttemptTimers(clock, limits.item_timeout, are_announced=capabilities.announces_start)
        # An attempt that is timed from its submission must start at once.
        self._per_slot = 1 if limits.item_timeout is not None and not capabilities.announces_start else 2
        self._tracks: dict[int, Track] = {}
        self._runs_alone = False
        self._last_id = 0
        self.abandoned: set[int] = set()

    def __len__(self) -> int:
        return len(self._tracks)

    def has_room(self, slots: int) -> bool:
        return not self._runs_alone and len(self._tracks) < self._per_slot * (slots - len(self.abandoned))

    def start(self, track: Track, *, is_alone: bool) -> int:
        """Add an attempt and return its id; with ``is_alone`` there is no room for others until it is over."""
        self._last_id += 1
        self._runs_alone = is_alone
        self._tracks[self._last_id] = track
        self.timers.submit(self._last_id)
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
