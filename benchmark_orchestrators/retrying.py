"""The naive version with retries: it gets through, at the price of every failed call's time, one after the other."""

from __future__ import annotations

from collections import Counter
from typing import Any

from pipeline_optimization.tasks.filter_input_task import filter_input
from pipeline_optimization.tasks.find_anagrams_task import find_anagrams
from pipeline_optimization.tasks.get_words_task import get_words
from pipeline_optimization.tasks.retry_task import retry
from pipeline_optimization.tasks.timer_decorator import timer


@timer
def count(text: str) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for word in retry(get_words, retry(filter_input, text)):
        counts.update(retry(find_anagrams, word))
    return dict(counts)


class TaskOrchestrator:
    def process_text(self, text: str) -> dict[str, Any]:
        return {"anagram_counts": count(text), "runtime": count.runtime}
