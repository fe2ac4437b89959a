"""Does not retry."""

from __future__ import annotations

import honest

from pipeline_optimization.tasks.filter_input_task import filter_input
from pipeline_optimization.tasks.find_anagrams_task import find_anagrams
from pipeline_optimization.tasks.get_words_task import get_words


class TaskOrchestrator(honest.TaskOrchestrator):
    def words(self, text: str) -> list[str]:
        return get_words(filter_input(text))

    def count(self, words: list[str]) -> dict[str, int]:
        counts: dict[str, int] = {}
        for word in words:
            for anagram in find_anagrams(word):
                counts[anagram] = counts.get(anagram, 0) + 1
        return counts
