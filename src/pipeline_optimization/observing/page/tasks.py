"""The tasks that a report shows: those that took most of the time, and the others as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline_optimization.observing.digest import TaskDigest
from pipeline_optimization.observing.page.drawing import COLORS, counted

__all__ = ["MOST_TASKS", "REST", "tasks_shown"]

MOST_TASKS = 30
"""The most tasks that are shown one by one. The names of a record may all differ, and the page must stay small."""

REST = "rest"
"""The class of the style sheet for the other tasks."""


def tasks_shown(tasks: Mapping[str, TaskDigest]) -> Sequence[tuple[str, TaskDigest, str]]:
    """Return tasks by name, in the order of the run, each with its class of the style sheet. The last one may stand for all that are not shown."""
    if len(tasks) <= MOST_TASKS:
        largest = set(tasks)
    else:
        by_time = sorted(tasks, key=lambda name: (tasks[name].seconds, tasks[name].outcomes.total()), reverse=True)
        largest = set(by_time[:MOST_TASKS])
    kept = [(name, task) for name, task in tasks.items() if name in largest]
    found = [(name, task, COLORS[at % len(COLORS)]) for at, (name, task) in enumerate(kept)]
    if len(found) < len(tasks):
        others = TaskDigest()
        for name, task in tasks.items():
            if name not in largest:
                others.merge(task)
        found.append((counted(len(tasks) - len(found), "other task"), others, REST))
    return found
