"""Every order of a word's letters is made and looked for in the dictionary.

It shows why an algorithm comes before an orchestrator: a word of ten letters has up to 3,628,800 orders, and one of
twelve 479 million. On short words it works; on long ones it runs out of time or memory, and the table says so.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from pipeline_optimization.builtin.lexicons import GcideLexicon
from pipeline_optimization.tasks.filter_input_task import filter_input
from pipeline_optimization.tasks.get_words_task import get_words
from pipeline_optimization.tasks.permutations_task import permutations
from pipeline_optimization.tasks.retry_task import retry
from pipeline_optimization.tasks.timer_decorator import timer

DICTIONARY = frozenset(GcideLexicon().words())


@timer
def count(text: str) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for word in retry(get_words, retry(filter_input, text)):
        counts.update(order for order in retry(permutations, word.lower()) if order in DICTIONARY)
    return dict(counts)


class TaskOrchestrator:
    def process_text(self, text: str) -> dict[str, Any]:
        return {"anagram_counts": count(text), "runtime": count.runtime}
