"""One thread and an event loop: all words wait at the same time, however many there are.

It shows the most that overlapping can give, without a pool whose size must be chosen.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any

from pipeline_optimization.tasks.filter_input_task import filter_input
from pipeline_optimization.tasks.find_anagrams_task import find_anagrams
from pipeline_optimization.tasks.get_words_task import get_words
from pipeline_optimization.tasks.retry_task import retry_async


class TaskOrchestrator:
    async def process_text(self, text: str) -> dict[str, Any]:
        start = time.perf_counter()
        words = await retry_async(get_words, await retry_async(filter_input, text))
        counts: Counter[str] = Counter()
        for anagrams in await asyncio.gather(*(retry_async(find_anagrams, word) for word in words)):
            counts.update(anagrams)
        return {"anagram_counts": dict(counts), "runtime": (time.perf_counter() - start) * 1000.0}
