"""Calls each stage as it should. The known cheats are derived from it and compared with it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from pipeline_optimization.tasks.filter_input_task import filter_input
from pipeline_optimization.tasks.find_anagrams_task import find_anagrams
from pipeline_optimization.tasks.get_words_task import get_words
from pipeline_optimization.tasks.retry_task import retry

__all__ = ["TaskOrchestrator"]


class TaskOrchestrator:
    """Looks each different word up once."""

    def process_text(self, text: str) -> dict[str, Any]:
        counts: Counter[str] = Counter()
        words = retry(get_words, retry(filter_input, text))
        for word, number in Counter(map(str.lower, words)).items():
            counts.update(dict.fromkeys(retry(find_anagrams, word), number))
        return {"anagram_counts": dict(counts), "runtime": 1e6}
