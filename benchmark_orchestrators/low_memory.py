"""Piece by piece: lines are filtered, split and counted one after the other, and nothing but the counts is kept.

It shows that memory is bought with time: every line pays for its own calls.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from pipeline_optimization.tasks.filter_input_task import filter_input
from pipeline_optimization.tasks.find_anagrams_task import find_anagrams
from pipeline_optimization.tasks.get_words_task import get_words
from pipeline_optimization.tasks.retry_task import retry
from pipeline_optimization.tasks.timer_decorator import timer

LINES = 64
"""Lines in a piece."""


@timer
def count(text: str) -> dict[str, int]:
    counts: Counter[str] = Counter()
    lines = text.splitlines(keepends=True)
    for start in range(0, len(lines), LINES):
        piece = "".join(lines[start : start + LINES])
        for word in retry(get_words, retry(filter_input, piece)):
            counts.update(retry(find_anagrams, word))
    return dict(counts)


class TaskOrchestrator:
    def process_text(self, text: str) -> dict[str, Any]:
        return {"anagram_counts": count(text), "runtime": count.runtime}
