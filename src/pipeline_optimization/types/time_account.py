"""Where the time of a run's slots went."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

__all__ = ["TimeAccount"]


@frozen(kw_only=True)
class TimeAccount:
    """Where the time of all slots went, in seconds: six kinds that sum up to ``wall * slots``.

    ``compute``: in functions, which compute, or block their thread. ``wait``: in attempts that waited, for a simulated latency or for
    what they awaited. ``retry_delay``: the slot was free, and an item waited for the moment of its next attempt. ``transport``: the
    slot's attempt was on its way to its worker, or back. ``driver``: the slot had no attempt that ran while the run's own process was at
    work, or started workers. ``idle``: there was nothing to start, as at the end of a run, or while it waited for its input or for a quota.

    ``slots`` are those of the orchestrator. An event loop has no workers that could idle, so it has as many slots as attempts were
    ever under way at once.
    """

    wall: float
    slots: int
    compute: float = 0.0
    wait: float = 0.0
    retry_delay: float = 0.0
    transport: float = 0.0
    driver: float = 0.0
    idle: float = 0.0

    @property
    def parts(self) -> Mapping[str, float]:
        """Return the seconds by kind, as people are told it."""
        return {
            "compute": self.compute,
            "wait": self.wait,
            "retry delay": self.retry_delay,
            "transport": self.transport,
            "driver": self.driver,
            "idle": self.idle,
        }

    def to_dict(self) -> dict[str, float]:
        """Return the account for a report, whose times are in milliseconds."""
        times = {name.replace(" ", "_"): round(seconds * 1000.0, 3) for name, seconds in self.parts.items()}
        return {"wall": round(self.wall * 1000.0, 3), "slots": self.slots, **times}
