"""What follows what: each task's items were made possible by those of the task before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from pipeline_optimization.foresight.work import FollowUp

__all__ = ["chain"]


class Counted(Protocol):
    """How many items of a task were begun (``firsts``), and how many of its elements came to their end."""

    firsts: int
    elements: int


def chain(
    tasks: Mapping[str, Counted], corrected: Callable[[str, str, float], float] = lambda name, parent, share: share
) -> Mapping[str, FollowUp]:
    """Return, by task, what its finished elements make possible: items of the next task of which any was begun.

    Args:
        tasks: What was seen, in the order of the pipeline.
        corrected: Given a task, its parent and the share that was seen, returns the share that there would be in the end.
    """
    found: dict[str, FollowUp] = {}
    parent = ""
    for name, task in tasks.items():
        if parent and not task.firsts:
            continue  # its items have only failed in bundles so far
        if parent:
            share = task.firsts / max(1, tasks[parent].elements)
            found[parent] = FollowUp(task=name, share=corrected(name, parent, share))
        parent = name
    return found
