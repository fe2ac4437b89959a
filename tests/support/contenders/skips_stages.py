"""Calls the functions without what simulates the world."""

from __future__ import annotations

from collections import Counter

from honest import TaskOrchestrator as Honest

from pipeline_optimization.tasks.filter_input_task import filter_input
from pipeline_optimization.tasks.find_anagrams_task import find_anagrams
from pipeline_optimization.tasks.get_words_task import get_words


class TaskOrchestrator(Honest):
    def words(self, text: str) -> list[str]:
        return get_words.plain(filter_input.plain(text))

    def count(self, words: list[str]) -> dict[str, int]:
        return dict(Counter(anagram for word in words for anagram in find_anagrams.plain(word)))
