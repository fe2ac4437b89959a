"""The third stage: look a word's anagrams up in the lexicon."""

from __future__ import annotations

import functools

from pipeline_optimization.builtin.lexicons import GcideLexicon
from pipeline_optimization.builtin.signatures import letters_signature
from pipeline_optimization.counting.index_cache import open_index
from pipeline_optimization.tasks.task_decorator import task
from pipeline_optimization.types import GroupIndex

__all__ = ["find_anagrams"]


@task(failure_rate=0.10, sleep_time=0.25)
def find_anagrams(word: str, index: GroupIndex | None = None) -> list[str]:
    """Return the lexicon's anagrams of a word, sorted and in lower case, the word itself included if it is one.

    ``index`` defaults to the lexicon ``gcide``.
    """
    if index is None:
        index = _default_index()
    (group,) = index.groups_of([word.lower()])
    return [] if group is None else list(index.words_of(group))


@functools.cache
def _default_index() -> GroupIndex:
    return open_index(GcideLexicon(), letters_signature, lexicon_name="gcide", signature_name="letters")
