"""The pure Python kernel adds up chunks, until they have many different words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import oracle
from memory_lexicon import Words
from pipeline_optimization.builtin.signatures import letters_signature
from pipeline_optimization.builtin.tokenizers import ExerciseTokenizer
from pipeline_optimization.counting import kernel as kernel_module
from pipeline_optimization.counting.index import build_index
from pipeline_optimization.counting.kernel import ExerciseKernel
from pipeline_optimization.counting.totals import Totals
from pipeline_optimization.types import ChunkCounts

WORDS = ["cat", "act", "dog", "god", "listen", "silent", "ab", "ba"]
INDEX = build_index(Words(WORDS), letters_signature, "test")[0]
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


@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from(["Cat", "dog", "silent", "x-ab", "naïve", "é", "q7", "ab's"]), max_size=8),
            st.sampled_from([" ", "   ", "\n \t\n   "]),
        )
    ),
    st.sampled_from([1, 30, 1 << 20]),
    st.sampled_from([0, 2, 4, 1 << 20]),
)
def test_the_sum_is_that_of_each(words: list[tuple[list[str], str]], block: int, known: int) -> None:
    """Blocks of few gaps between words are counted otherwise than those of many, and words of small sums are remembered."""
    chunks = [gap.join(of_chunk).encode() for of_chunk, gap in words]
    kernel = new_kernel()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel_module, "BLOCK", block)
        patch.setattr(kernel_module, "MAX_REMEMBERED", known)
        patch.setattr(kernel_module, "MAX_KNOWN", known)
        found = summed(list(kernel.count_all(chunks)))
        assert found == summed([kernel.count(chunk) for chunk in chunks])
    text = " ".join(chunk.decode() for chunk in chunks)
    assert found[1] == oracle.count(text, WORDS)


def test_chunks_are_added_up() -> None:
    assert chunks_together([SAME] * 9) == [9]
    assert chunks_together([]) == []
    assert chunks_together([b""]) == [1]


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few new words in each chunk are many in the end."""
    monkeypatch.setattr(kernel_module, "BLOCK", 1)
    monkeypatch.setattr(kernel_module, "MAX_TOGETHER", 20)
    chunks = [SAME + f"new{number} ".encode() for number in range(30)]
    results = list(new_kernel().count_all(chunks))
    together = [counts.chunks for counts in results]
    assert sum(together) == 30
    assert max(together) == together[0] == 21 - len(set(SAME.split()))
    assert summed(results)[1] == dict.fromkeys(("cat", "act", "dog", "god", "listen", "silent"), 30)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_module, "MAX_KNOWN", 20)
    kernel = new_kernel()
    for number in range(30):
        kernel.count(f"a{number} b{number} c{number}".encode())
        assert 3 <= len(kernel._known) <= 20
