"""What one step takes of an attempt that runs several."""

from __future__ import annotations

from attrs import evolve, frozen

__all__ = ["StepWork"]


@frozen(kw_only=True)
class StepWork:
    """What calls of one step add to each element of an attempt, on average: ``calls`` of them, and the seconds that these compute, wait and block."""

    calls: float
    compute: float = 0.0
    wait: float = 0.0
    blocked: float = 0.0

    @property
    def seconds(self) -> float:
        return self.compute + self.wait + self.blocked

    def times(self, *, compute: float = 1.0, wait: float = 1.0, blocked: float = 1.0) -> StepWork:
        """Return a step whose times are multiplied."""
        return evolve(self, compute=self.compute * compute, wait=self.wait * wait, blocked=self.blocked * blocked)
