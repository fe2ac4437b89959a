"""Retries in a loop of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import honest

from pipeline_optimization.errors import InjectedFault
from pipeline_optimization.tasks.filter_input_task import filter_input
from pipeline_optimization.tasks.find_anagrams_task import find_anagrams
from pipeline_optimization.tasks.get_words_task import get_words

R = TypeVar("R")


def insist(task: Callable[[str], R], argument: str) -> R:
    while True:
        try:
            return task(argument)
        except InjectedFault:
            continue


class TaskOrchestrator(honest.TaskOrchestrator):
    def words(self, text: str) -> list[str]:
        return insist(get_words, insist(filter_input, text))

    def count(self, words: list[str]) -> dict[str, int]:
        counts: dict[str, int] = {}
        for word in words:
            for anagram in insist(find_anagrams, word):
                counts[anagram] = counts.get(anagram, 0) + 1
        return counts
