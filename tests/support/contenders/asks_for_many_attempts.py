"""Asks for several attempts of each call at once, instead of one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

from honest import TaskOrchestrator as Honest

from pipeline_optimization.tasks.filter_input_task import filter_input
from pipeline_optimization.tasks.find_anagrams_task import find_anagrams
from pipeline_optimization.tasks.get_words_task import get_words

ATTEMPTS = 5
R = TypeVar("R")


def at_once(task: Callable[[str], R], argument: str) -> R:
    with ThreadPoolExecutor(ATTEMPTS) as pool:
        calls = [pool.submit(task, argument) for _ in range(ATTEMPTS)]
        lucky = [call.result() for call in as_completed(calls) if call.exception() is None]
    return lucky[0] if lucky else at_once(task, argument)


class TaskOrchestrator(Honest):
    def words(self, text: str) -> list[str]:
        return at_once(get_words, at_once(filter_input, text))

    def count(self, words: list[str]) -> dict[str, int]:
        with ThreadPoolExecutor(len(words)) as pool:
            found = list(pool.map(lambda word: at_once(find_anagrams, word), words))
        counts = Counter(anagram for anagrams in found for anagram in anagrams)
        return dict(counts)
