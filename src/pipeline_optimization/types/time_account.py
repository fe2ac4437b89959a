"""The account of a run's time: each second of each slot has one of six kinds."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

__all__ = ["TimeAccount"]


@frozen(kw_only=True)
class TimeAccount:
    """The time of all slots by its kind, in seconds. The six kinds sum up to ``wall * slots``.

    Attributes:
        wall: The time of the run.
        slots: The slots of the orchestrator. An event loop has no workers that could idle, so it has as many slots as attempts were ever under way at
            once.
        compute: In functions, which compute or block their thread.
        wait: In attempts that waited, for a simulated latency or for what they awaited.
        retry_delay: The slot was free, and an item waited for its next attempt.
        transport: The slot's attempt was on its way to its worker, or back.
        driver: The slot ran no attempt, because the run's own process was at work or started workers.
        idle: There was nothing to start: at the end of a run, or while it waited for its input or for a quota.
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
        """Return the seconds by the name of the kind, for people."""
        return {
            "compute": self.compute,
            "wait": self.wait,
            "retry delay": self.retry_delay,
            "transport": self.transport,
            "driver": self.driver,
            "idle": self.idle,
        }

    def to_dict(self) -> dict[str, float]:
        """Return the account for a report, with times in milliseconds."""
        times = {name.replace(" ", "_"): round(seconds * 1000.0, 3) for name, seconds in self.parts.items()}
        return {"wall": round(self.wall * 1000.0, 3), "slots": self.slots, **times}
