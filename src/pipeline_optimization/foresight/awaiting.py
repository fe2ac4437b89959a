"""How long an attempt takes over a bundle whose elements are awaited at once, and how many elements it takes.

Elements wait beside each other, as many as there are places; what they compute, and where they block, is done one after the other in the thread of
their event loop. The attempt ends when its slowest element is back.
"""

from __future__ import annotations

import math

from pipeline_optimization.foresight.costs import OrchestratorCosts
from pipeline_optimization.foresight.unequal import share_of_longest, times_the_mean
from pipeline_optimization.pipeline.model.job import AT_ONCE
from pipeline_optimization.pipeline.model.time_slice import AWAITING, STRETCH, WORTHWHILE

__all__ = ["awaited", "awaited_at_once"]

LEAST = 1e-9
"""Seconds that an element takes at least, so that a bundle has a finite number of them."""

EVEN = 4.0
"""With waits whose logarithm has a standard deviation of one divided by this, or more, places become free evenly, and not all at the same time."""


def awaited_at_once(costs: OrchestratorCosts, workers: int) -> int:
    """Return how many elements of bundles are awaited at once: in one event loop by all of them together, elsewhere by each."""
    if costs.place == "loop":
        return workers
    return costs.at_once or (1 if costs.place == "caller" else AT_ONCE)


def awaited(
    elements: int, *, wait: float, busy: float, places: int, spread: float = 0.0, share: float = 0.5
) -> tuple[int, float]:
    """Return how many of ``elements`` elements an attempt takes, and how many seconds.

    Args:
        elements: How many there are.
        wait: The seconds that each of them waits, on average.
        busy: The seconds for which each of them keeps the thread busy.
        places: How many are awaited at once.
        spread: The standard deviation of the logarithm of their waits.
        share: The share of attempts whose slowest element is back sooner.
    """
    together = wait + busy
    pace = max(busy, together / places, LEAST)
    begun, longer = (places + int(seconds / pace) for seconds in (AWAITING, STRETCH * AWAITING))
    number = min(elements, begun if begun >= WORTHWHILE else min(longer, WORTHWHILE))
    # Those that are under way when the last one begins decide, and with a long tail the slowest of all.
    late = min(number, places, max(1, int(wait / busy)) if busy else number)
    ending, slowest = (
        wait * max(1.0, times_the_mean(spread, share_of_longest(share, calls))) for calls in (late, number)
    )
    rounds = number / places
    rounds += (math.ceil(rounds) - rounds) * max(0.0, 1.0 - EVEN * spread)
    return number, max(number * busy + ending, max(1.0, rounds) * together + ending - wait, slowest)
