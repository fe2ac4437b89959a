"""Whether a failed item is tried again, and when."""

from __future__ import annotations

from pipeline_optimization.engine.draws import seeded_random
from pipeline_optimization.engine.work import Track
from pipeline_optimization.errors import PluginError
from pipeline_optimization.types import ErrorRecord, RetryPolicy

__all__ = ["Retrying"]


class Retrying:
    """Applies a retry policy: its predicate, its delays, its budget for the run and its deadline for each item.

    A policy's second takes ``scale`` seconds: it lives in the time of the simulation, where there is one
    (``FaultPlan.time_scale``). At scale 0 no time passes there, so no deadline is ever over.
    """

    def __init__(self, policy: RetryPolicy, *, seed: int, case: str, scale: float = 1.0) -> None:
        self._policy = policy
        self._seed = seed
        self._case = case
        self._scale = scale
        self._granted = 0

    def next_delay(self, track: Track, error: ErrorRecord, now: float, *, most: float | None = None) -> float | None:
        """Return the real seconds until the track's next attempt, or None if the item has failed for good.

        ``most`` is how many retries there may be so far in the run, whatever the policy says; None means any number.
        Raises PluginError where the policy asks for a negative delay or for none at all (NaN).
        """
        policy = self._policy
        if policy.budget is not None and self._granted >= policy.budget:
            return None
        if most is not None and self._granted >= most:
            return None
        if error.is_permanent or not policy.retries(error):
            return None
        if track.delays is None:
            item = track.item
            # By content where there is one, as faults are drawn: whoever calls a task with this argument waits the same.
            key = item.fault_key or item.id
            track.delays = iter(policy.delays(seeded_random(self._seed, self._case, item.task, key, "delays")))
        delay = next(track.delays, None)
        if delay is None:
            return None
        if not delay >= 0:
            raise PluginError(f"The retry policy {policy!r} asked for a delay of {delay} s.", plugin=repr(policy))
        delay *= self._scale
        if self._is_too_late(track, now + delay):
            return None
        self._granted += 1
        return delay

    def _is_too_late(self, track: Track, due: float) -> bool:
        """Return whether an attempt that starts at ``due`` is behind the policy's deadline for the item."""
        if self._policy.deadline is None or self._scale == 0 or track.first_started is None:
            return False
        return due - track.first_started > self._policy.deadline * self._scale
