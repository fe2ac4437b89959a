"""The model of the work that a fault profile describes: each element goes through all tasks of it, one after the other."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline_optimization.engine.faults import TaskFaults
from pipeline_optimization.foresight.what_if import multiplied
from pipeline_optimization.foresight.work import NOTHING, FollowUp, TaskWork, WorkModel
from pipeline_optimization.types.durations import Durations, Quantiles, constant

__all__ = ["profiled"]

STEP = 1e-9
"""The share of calls between those that are no stragglers and those that are, since a distribution must not jump."""

INPUT = "input"
"""What the task is called that reads the input, if nobody says otherwise."""


def profiled(faults: Mapping[str, TaskFaults], elements: int, *, source: str = INPUT, scale: float = 1.0) -> WorkModel:
    """Return the work of ``elements`` elements.

    What functions take themselves is not in a profile, so it is nothing here.

    Args:
        faults: How each task misbehaves, in the order in which elements go through them.
        elements: How many elements there are.
        source: The task that reads the input.
        scale: Multiplies all times, as ``--latency-scale`` does.
    """
    simulated = [name for name, one in faults.items() if one.is_simulated]
    following = dict(zip([source, *simulated], [*simulated, None], strict=True))
    tasks = {source: TaskWork(is_bundled=True, follow_ups=_next(following[source]))}
    for name in simulated:
        one = faults[name]
        tasks[name] = TaskWork(
            wait=multiplied(_latency(one), scale),
            compute=NOTHING if one.compute is None else multiplied(one.compute, scale),
            failure_rate=one.failure_rate,
            errors=dict(one.errors),
            follow_ups=_next(following[name]),
        )
    return WorkModel(tasks=tasks, source=source, items=1, elements=elements, delay_scale=scale)


def _next(task: str | None) -> tuple[FollowUp, ...]:
    return () if task is None else (FollowUp(task=task, share=1.0),)


def _latency(faults: TaskFaults) -> Durations:
    """Return what calls wait; stragglers are the slowest of them."""
    if faults.latency is not None:
        return faults.latency
    least, slow = faults.sleep_time, faults.sleep_time * faults.slowness
    border = 1.0 - faults.stragglers
    if faults.stragglers <= 0 or slow == least:
        return constant(least)
    if border <= STEP:
        return constant(slow)
    return Quantiles(((0.0, least), (border - STEP, least), (border, slow), (1.0, slow)))
