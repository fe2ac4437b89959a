"""The pure Python kernel adds up chunks of the same words, and counts others each by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_lexicon import Words
from pipeline_optimization.builtin.signatures import letters_signature
from pipeline_optimization.builtin.tokenizers import ExerciseTokenizer
from pipeline_optimization.counting import kernel as kernel_module
from pipeline_optimization.counting.index import build_index
from pipeline_optimization.counting.kernel import ExerciseKernel
from pipeline_optimization.counting.totals import Totals
from pipeline_optimization.types import ChunkCounts

INDEX = build_index(Words(["cat", "act", "dog", "god", "listen", "silent", "ab", "ba"]), letters_signature, "test")[0]
SAME = b"cat dog listen, and other words like these "


def new_kernel() -> ExerciseKernel:
    return ExerciseKernel(INDEX, ExerciseTokenizer())


def summed(results: list[ChunkCounts]) -> tuple[object, ...]:
    totals = Totals()
    for counts in results:
        totals.add(counts)
    return totals.words, totals.anagram_counts(INDEX), sum(counts.chunks for counts in results)


def chunks_together(chunks: list[bytes]) -> list[int]:
    return [counts.chunks for counts in new_kernel().count_all(chunks)]


@given(st.lists(st.lists(st.sampled_from(["Cat", "dog", "silent", "x-ab", "naïve", "é", "q7", "ab's"]), max_size=8)))
def test_the_sum_is_that_of_each(words: list[list[str]]) -> None:
    chunks = [" ".join(of_chunk).encode() for of_chunk in words]
    kernel = new_kernel()
    assert summed(list(kernel.count_all(chunks))) == summed([kernel.count(chunk) for chunk in chunks])


def test_chunks_of_the_same_words_are_added_up() -> None:
    assert chunks_together([SAME] * 9) == [9]
    assert chunks_together([]) == []
    assert chunks_together([b""]) == [1]


def test_chunks_of_other_words_are_not() -> None:
    """Two are counted together to find out; then each is one result, though the last two would be alike."""
    others = [f"a{number} b{number} c{number}".encode() for number in range(5)]
    assert chunks_together([*others, others[-1]]) == [2, 1, 1, 1, 1]


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few new words in each chunk are many in the end."""
    monkeypatch.setattr(kernel_module, "MAX_TOGETHER", 20)
    chunks = [SAME + f"new{number} ".encode() for number in range(30)]
    together = chunks_together(chunks)
    assert sum(together) == 30
    assert max(together) == together[0] == 21 - len(set(SAME.split()))
