"""The simplest way to anagrams: every order of the letters. A word of n letters has up to n! of them."""

from __future__ import annotations

import itertools

from pipeline_optimization.tasks.task_decorator import task

__all__ = ["permutations"]


@task(failure_rate=0.01, sleep_time=0.1)
def permutations(word: str) -> list[str]:
    """Return every different order of the word's characters, each once. Time and memory grow as the factorial."""
    return list(dict.fromkeys(map("".join, itertools.permutations(word))))
