"""Why one way of running is taken rather than others, and what bounds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline_optimization.foresight.passage import Bound
from pipeline_optimization.foresight.simulate import Prediction

__all__ = ["REASONS", "reason"]

REASONS: Mapping[Bound, str] = {
    "waits": "the work waits",
    "cores": "computing keeps the cores busy",
    "one worker": "one worker computes, and other cores have nothing to do",
    "lock": "only one thread computes at a time",
    "driver": "the process that hands out attempts is busy all the time",
    "one item": "one chain of attempts takes nearly all the time, which no number of workers makes shorter",
    "limit": "no more calls of a task are allowed at once, or in a period (@task(limit=, rate=))",
    "start-up": "most of it is the start of workers",
}
"""What it means that something bounds a run."""

MORE_CORES = 1.2
"""This many times as many busy cores are no chance."""


def reason(use: Prediction, others: Sequence[Prediction]) -> str:
    """Return what makes a way of running faster than others, which cannot be told by what bounds it: that is what is left.

    Args:
        use: What is taken.
        others: Those that it is compared with, the simplest first: the ones that are slower. Empty where none is.
    """
    if not others:
        return "no other can be told to be faster"
    same = [one for one in others if one.configuration.retry_name == use.configuration.retry_name]
    if not same:
        return "its retries take less time"
    fewer = [one for one in same if one.configuration.workers < use.configuration.workers]
    other = fewer[0] if fewer else min(same, key=lambda one: one.seconds)
    parts = []
    if fewer and (other.bound == "waits" or use.busy_cores <= MORE_CORES * other.busy_cores):
        parts.append("its waits overlap")
    if use.busy_cores > MORE_CORES * max(1.0, other.busy_cores):
        parts.append(f"its computing is spread over about {use.busy_cores:.2g} cores")
    if other.bound == "start-up":
        parts = ["the others take longer to start"]
    return " and ".join(parts) or "the others cost more and gain nothing"
