"""Lets the calls for words wait while the text is not split yet, as it has split it by other means."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from honest import TaskOrchestrator as Honest

from pipeline_optimization.tasks.filter_input_task import filter_input
from pipeline_optimization.tasks.find_anagrams_task import find_anagrams
from pipeline_optimization.tasks.get_words_task import get_words
from pipeline_optimization.tasks.retry_task import retry


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        words = sorted({word.lower() for word in get_words.plain(filter_input.plain(text))})
        with ThreadPoolExecutor(len(words)) as pool:
            calls = [pool.submit(retry, find_anagrams, word) for word in words]
            result = super().process_text(text)
            for call in calls:
                call.result()
        return result
