"""Each different word is looked up once a text and counted as often as it occurs.

It shows what not doing work is worth: nothing where words do not repeat, and more than any concurrency where they do.
What is remembered ends with the text; an answer kept for the next text would be an answer from memory.
"""

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
    counts: dict[str, int] = {}
    for word, occurrences in Counter(map(str.lower, retry(get_words, retry(filter_input, text)))).items():
        for anagram in retry(find_anagrams, word):
            counts[anagram] = counts.get(anagram, 0) + occurrences
    return counts


class TaskOrchestrator:
    def process_text(self, text: str) -> dict[str, Any]:
        return {"anagram_counts": count(text), "runtime": count.runtime}
