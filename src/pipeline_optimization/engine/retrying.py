"""Whether a failed item is tried again, and when."""

from __future__ import annotations

from pipeline_optimization.engine.draws import seeded_random
from pipeline_optimization.engine.work import Track
from pipeline_optimization.errors import PluginError
from pipeline_optimization.types import ErrorRecord, RetryPolicy

__all__ = ["Retrying"]


class Retrying:
    """Applies a retry policy: its predicate, its delays, its budget for the run and its deadline for each item."""

    def __init__(self, policy: RetryPolicy, *, seed: int, case: str) -> None:
        self._policy = policy
        self._seed = seed
        self._case = case
        self._granted = 0

    def next_delay(self, track: Track, error: ErrorRecord, now: float, *, most: float | None = None) -> float | None:
        """Return the seconds until the track's next attempt, or None if the item has failed for good.

        ``most`` is how many retries there may be so far in the run, whatever the policy says; None means any number.
        Raises PluginError where the policy asks for a negative delay or for none at all (NaN).
        """
        policy = self._policy
        if policy.budget is not None and self._granted >= policy.budget:
            return None
        if most is not None and self._granted >= most:
            return None
        if not policy.retries(error):
            return None
        if track.delays is None:
            item = track.item
            track.delays = iter(policy.delays(seeded_random(self._seed, self._case, item.task, item.id, "delays")))
        delay = next(track.delays, None)
        if delay is None:
            return None
        if not delay >= 0:
            raise PluginError(f"The retry policy {policy!r} asked for a delay of {delay} s.", plugin=repr(policy))
        started = now if track.first_started is None else track.first_started
        if policy.deadline is not None and now + delay - started > policy.deadline:
            return None
        self._granted += 1
        return delay
