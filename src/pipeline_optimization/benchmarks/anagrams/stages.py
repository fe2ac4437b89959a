"""The tasks that the harness knows: how they misbehave, and whether they work on the text or on words."""

from __future__ import annotations

from pipeline_optimization.engine.faults import FaultPlan, FaultSettings
from pipeline_optimization.tasks.filter_input_task import filter_input
from pipeline_optimization.tasks.find_anagrams_task import find_anagrams
from pipeline_optimization.tasks.get_words_task import get_words
from pipeline_optimization.tasks.permutations_task import permutations

__all__ = ["EXTRA_TASKS", "TEXT_NAMES", "TEXT_TASKS", "WORD_TASK", "fault_plan"]

TEXT_TASKS = (filter_input, get_words)
TEXT_NAMES = frozenset(task.spec.name for task in TEXT_TASKS)
WORD_TASK = find_anagrams
"""The task that must succeed for each word. Its cost is the same for all contenders."""

EXTRA_TASKS = (permutations,)
"""Tasks that work on words and that no contender needs."""


def fault_plan(settings: FaultSettings) -> FaultPlan:
    """Return the faults of the tasks under these settings."""
    return settings.plan({task.spec.name: task.spec.faults for task in (*TEXT_TASKS, WORD_TASK, *EXTRA_TASKS)})
