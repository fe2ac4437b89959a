"""A pool of threads, one call a word: while one waits, the others get on.

It shows that waiting overlaps under the GIL, and in the profile ``cpu`` that computing does not.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from pipeline_optimization.tasks.filter_input_task import filter_input
from pipeline_optimization.tasks.find_anagrams_task import find_anagrams
from pipeline_optimization.tasks.get_words_task import get_words
from pipeline_optimization.tasks.retry_task import retry
from pipeline_optimization.tasks.timer_decorator import timer

THREADS = 32


@timer
def count(text: str) -> dict[str, int]:
    words = retry(get_words, retry(filter_input, text))
    with ThreadPoolExecutor(THREADS) as pool:
        counts: Counter[str] = Counter()
        for anagrams in pool.map(partial(retry, find_anagrams), words):
            counts.update(anagrams)
    return dict(counts)


class TaskOrchestrator:
    def process_text(self, text: str) -> dict[str, Any]:
        return {"anagram_counts": count(text), "runtime": count.runtime}
