"""A pool of processes that lives as long as the contender, one call for a batch of words.

It shows what processes cost, in memory and in the first text, and that a pool which waits gains no more than its
number of workers.
"""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from pipeline_optimization.tasks.filter_input_task import filter_input
from pipeline_optimization.tasks.find_anagrams_task import find_anagrams
from pipeline_optimization.tasks.get_words_task import get_words
from pipeline_optimization.tasks.retry_task import retry
from pipeline_optimization.tasks.timer_decorator import timer

WORKERS = int(os.environ.get("ANAGRAM_WORKERS", "2"))


def look_up(words: list[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for word in words:
        counts.update(retry(find_anagrams, word))
    return counts


@timer
def count(text: str, pool: ProcessPoolExecutor) -> dict[str, int]:
    words = retry(get_words, retry(filter_input, text))
    batches = [words[i::WORKERS] for i in range(WORKERS)]
    return dict(sum(pool.map(look_up, batches), Counter()))


class TaskOrchestrator:
    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn"))

    def process_text(self, text: str) -> dict[str, Any]:
        return {"anagram_counts": count(text, self._pool), "runtime": count.runtime}

    def close(self) -> None:
        self._pool.shutdown()
