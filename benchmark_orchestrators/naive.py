"""The first version that everyone writes: one step after the other, and the first failure ends it.

It shows what failures cost: with a fifth of the calls failing, hardly a text gets through, and its times, those of
the lucky texts, would look good if success were not looked at first.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from pipeline_optimization.tasks.filter_input_task import filter_input
from pipeline_optimization.tasks.find_anagrams_task import find_anagrams
from pipeline_optimization.tasks.get_words_task import get_words
from pipeline_optimization.tasks.timer_decorator import timer


@timer
def count(text: str) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for word in get_words(filter_input(text)):
        counts.update(find_anagrams(word))
    return dict(counts)


class TaskOrchestrator:
    def process_text(self, text: str) -> dict[str, Any]:
        return {"anagram_counts": count(text), "runtime": count.runtime}
