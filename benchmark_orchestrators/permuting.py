"""Every order of a word's letters is made, and those are kept that are words.

It shows why an algorithm comes before an orchestrator: looking a word up takes as long as for anyone, and making its orders
comes on top. A word of eight letters has up to 40,320 of them, one of ten 3,628,800, and those of twelve, 479 million, no
memory holds. So a text with a word of more than eight letters is declined: ``NotImplementedError`` says to the harness that a
text is beyond a contender, which then has no rank for such texts, and does not count as broken.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from pipeline_optimization.tasks.filter_input_task import filter_input
from pipeline_optimization.tasks.find_anagrams_task import find_anagrams
from pipeline_optimization.tasks.get_words_task import get_words
from pipeline_optimization.tasks.permutations_task import permutations
from pipeline_optimization.tasks.retry_task import retry
from pipeline_optimization.tasks.timer_decorator import timer

LONGEST = 8
"""Letters of a word whose orders are made."""


@timer
def count(text: str) -> dict[str, int]:
    words = retry(get_words, retry(filter_input, text))
    longest = max(words, key=len, default="")
    if len(longest) > LONGEST:
        raise NotImplementedError(
            f"{longest!r} has up to {math.factorial(len(longest)):,} orders; this contender makes them of words of up to "
            f"{LONGEST} letters."
        )
    counts: Counter[str] = Counter()
    for word in words:
        known = set(retry(find_anagrams, word))
        counts.update(order for order in retry(permutations, word.lower()) if order in known)
    return dict(counts)


class TaskOrchestrator:
    def process_text(self, text: str) -> dict[str, Any]:
        return {"anagram_counts": count(text), "runtime": count.runtime}
