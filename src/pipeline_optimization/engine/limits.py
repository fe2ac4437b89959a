"""The bounds of a run: on what is under way, on time, and on failure."""

from __future__ import annotations

import math

from attrs import frozen

from pipeline_optimization.errors import OptionError

__all__ = ["Limits"]

FREE_RETRIES = 20
"""Retries that a share does not bound, so that small runs have some."""


@frozen(kw_only=True)
class Limits:
    """Bounds that the engine keeps. Times are in seconds.

    An attempt may take ``item_timeout`` and the run ``deadline`` (None: any time); what is under way when a run is
    stopped has ``grace`` to end. ``stops_on_failure`` stops the run at the first item that fails for good. An item whose
    workers died ``poison_losses`` times is given up. ``breaker`` attempts of one task in a row that all failed stop the
    run (0: never). ``retry_share`` bounds retries as a share of all attempts (None: no bound). ``open_bytes`` of item
    data (None: some chunks) and ``parked`` items that wait for a retry may be under way.

    Raises OptionError for bounds that make no sense.
    """

    item_timeout: float | None = None
    deadline: float | None = None
    grace: float = 1.0
    stops_on_failure: bool = False
    poison_losses: int = 3
    breaker: int = 50
    retry_share: float | None = None
    open_bytes: int | None = None
    parked: int = 1000

    def retries_after(self, attempts: int) -> float | None:
        """Return how many retries there may be after so many attempts; the first 20 are free. None: any number.

        The idea is that of Finagle's retry budgets.
        """
        return None if self.retry_share is None else FREE_RETRIES + self.retry_share * attempts

    def __attrs_post_init__(self) -> None:
        for name, value in (("time for an item", self.item_timeout), ("deadline", self.deadline)):
            if value is not None and not (value > 0 and math.isfinite(value)):
                raise OptionError(f"The {name} must be a number of seconds above 0, not {value!r}.")
        if not (self.grace >= 0 and math.isfinite(self.grace)):
            raise OptionError(f"The grace period must be a number of seconds of at least 0, not {self.grace!r}.")
        if self.poison_losses < 1:
            raise OptionError(f"An item can be given up after 1 death or more, not after {self.poison_losses!r}.")
        if self.breaker < 0:
            raise OptionError(f"The circuit breaker needs at least 1 attempt, or 0 for none, not {self.breaker!r}.")
        if self.retry_share is not None and not self.retry_share >= 0:
            raise OptionError(f"The share of retries must be a number of at least 0, not {self.retry_share!r}.")
