"""Fresh texts cost what their template costs, and the oracle counts them right."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oracle as independent
from pipeline_optimization.anagrams.cases import load_cases
from pipeline_optimization.api import count_anagrams
from pipeline_optimization.benchmarks.anagrams import oracle
from pipeline_optimization.benchmarks.anagrams.texts import generated_text, varied_text


@settings(deadline=None)  # the first example loads the lexicon
@given(st.text(max_size=200))
def test_the_oracles_agree(text: str) -> None:
    """The harness's oracle, the tests' and the pipeline give the same counts of any text."""
    counts = oracle.count(oracle.tokens(text))
    assert counts == independent.count(text)
    assert counts == dict(count_anagrams(text).anagram_counts)


@pytest.mark.parametrize("name", ["small", "medium", "large"])
def test_a_varied_text_is_of_the_same_size(name: str) -> None:
    """Words keep their lengths, repetitions and punctuation; only which words they are changes."""
    template = load_cases()[name].text
    text = varied_text(template, 1)
    assert text.text != template
    assert len(text.text) == len(template)
    assert text.expected == independent.count(text.text)


@pytest.mark.parametrize("name", ["small", "medium", "large"])
@pytest.mark.parametrize("seed", range(5))
def test_a_varied_text_asks_for_no_longer_words(name: str, seed: int) -> None:
    """Word by word it is as long as its template, also where an apostrophe joins two: some work grows with a word's letters."""
    template = load_cases()[name].text
    lengths = [len(token) for token in oracle.tokens(template)]
    assert [len(token) for token in varied_text(template, seed).tokens] == lengths


def test_a_generated_text_has_the_words_asked_for() -> None:
    """Frequent words and rare ones, some of them in no lexicon."""
    text = generated_text(5000, 1)
    assert len(text.tokens) == 5000
    assert len(set(text.tokens)) < 3000
    assert text.expected == independent.count(text.text)
    assert any(not independent.count(word) for word in set(text.tokens))
