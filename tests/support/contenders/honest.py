"""Does what it should, and is what the others here build on."""

from __future__ import annotations

from collections import Counter
from typing import Any

from pipeline_optimization.tasks.filter_input_task import filter_input
from pipeline_optimization.tasks.find_anagrams_task import find_anagrams
from pipeline_optimization.tasks.get_words_task import get_words
from pipeline_optimization.tasks.retry_task import retry


class TaskOrchestrator:
    def process_text(self, text: str) -> dict[str, Any]:
        return {"anagram_counts": self.count(self.words(text)), "runtime": 1e6}

    def words(self, text: str) -> list[str]:
        return retry(get_words, retry(filter_input, text))

    def count(self, words: list[str]) -> dict[str, int]:
        counts: Counter[str] = Counter()
        for word in words:
            counts.update(retry(find_anagrams, word))
        return dict(counts)
