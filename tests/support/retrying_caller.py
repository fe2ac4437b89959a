"""A caller that does not give up, in a module of its own because worker processes import it."""

from __future__ import annotations

from typing import Any

from pipeline_optimization.errors import InjectedFault
from pipeline_optimization.tasks.find_anagrams_task import find_anagrams


def attempt(word: str, index: Any = None) -> int:
    """Call a task until it succeeds; return how many calls that took."""
    for number in range(1, 100):
        try:
            find_anagrams(word, index=index)
        except InjectedFault:
            continue
        return number
    raise AssertionError("it never succeeds")
