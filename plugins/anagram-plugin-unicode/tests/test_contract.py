"""The tokenizer ``unicode`` keeps what the contract asks of every tokenizer."""

from __future__ import annotations

import pickle
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from anagram_plugin_unicode.tokenizer import UnicodeTokenizer
from pipeline_optimization.registry import Registry
from pipeline_optimization.testing import TokenizerContract
from pipeline_optimization.types import Tokenizer

HARD = "\xad\u200d\u0301\u0345\u202f\u200b\u1e9e\u0130\u017f\ufe0f\u0939\u093f\u3042\u30ab\u05d0'\"\u2019.:,;_1aΣς \n\x1c\x85\xa0\U0001f1e6"
TEXTS = st.text(st.one_of(st.sampled_from(HARD), st.characters()), max_size=40)
OPTIONS: Sequence[dict[str, object]] = ({}, {"apostrophe": "separates"})


class TestUnicode(TokenizerContract):
    name = "unicode"


class TestUnicodeWithoutApostrophes(TokenizerContract):
    name = "unicode"
    options = {"apostrophe": "separates"}


def built(options: dict[str, object]) -> Tokenizer:
    return Registry.load().tokenizer("unicode", options).build()


TOKENIZERS = [built(options) for options in OPTIONS]


def words(tokenizer: Tokenizer, text: str) -> list[str]:
    return list(tokenizer.words(tokenizer.filter(text)))


@pytest.mark.parametrize("options", OPTIONS)
def test_workers_can_build_it(options: dict[str, object]) -> None:
    """The chosen tokenizer is pickled by name, and what comes out finds the same words."""
    choice = pickle.loads(pickle.dumps(Registry.load().tokenizer("unicode", options)))
    assert words(choice.build(), "L'été") == words(built(options), "L'été")


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@given(text=TEXTS)
@example(text="\u0345\u0301")
def test_filtering_twice_equals_filtering_once(tokenizer: Tokenizer, text: str) -> None:
    """The filter is idempotent."""
    filtered = tokenizer.filter(text)
    assert tokenizer.filter(filtered) == filtered


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@given(before=TEXTS, space=st.sampled_from([c for c in map(chr, range(0x10000)) if c.isspace()]), after=TEXTS)
@example(before="a", space="\u202f", after="b")
@example(before="", space=" ", after="\u093fa")
def test_white_space_ends_words(tokenizer: Tokenizer, before: str, space: str, after: str) -> None:
    """The words of two texts with white space between are the words of one and the words of the other."""
    assert words(tokenizer, before + space + after) == words(tokenizer, before + space) + words(tokenizer, after)
    assert not any(char.isspace() for word in words(tokenizer, before + space + after) for char in word)


def test_the_claim() -> None:
    """It does not claim to be characterwise, and it is not: a mark changes the letter before it."""
    tokenizer = UnicodeTokenizer()
    assert not tokenizer.is_characterwise
    assert tokenizer.filter("e\u0301") != tokenizer.filter("e") + tokenizer.filter("\u0301")


def test_lone_surrogates() -> None:
    """Text that no encoding can hold costs no run."""
    assert words(UnicodeTokenizer(), "cat \ud800 act") == ["cat", "act"]
