"""A lexicon's words are looked up as the tokenizer spells them, and shown as the lexicon has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_lexicon import Words
from pipeline_optimization import count_anagrams
from pipeline_optimization.builtin.signatures import counts_signature, letters_signature
from pipeline_optimization.builtin.tokenizers import ExerciseTokenizer, WhitespaceTokenizer
from pipeline_optimization.counting import index_cache
from pipeline_optimization.counting.index import AnagramIndex, usable_words
from pipeline_optimization.counting.index_cache import open_index
from pipeline_optimization.counting.spelling import plain_spelling, spelling_of
from pipeline_optimization.errors import LexiconError
from pipeline_optimization.types import Signature, Tokenizer


class FoldingTokenizer:
    """White space separates, and text is folded."""

    is_characterwise = False

    def filter(self, text: str) -> str:
        return normalize("NFC", text.casefold())

    def words(self, filtered: str) -> Iterable[str]:
        return filtered.split()


def opened(words: Sequence[str], tokenizer: Tokenizer, signature: Signature = letters_signature) -> AnagramIndex:
    index_cache._OPEN.clear()
    return open_index(Words(words), signature, lexicon_name="w", signature_name="s", tokenizer=tokenizer)


@given(words=st.lists(st.text("aBz\u017fßéK1-' \u0301", max_size=4)))
def test_exercise_finds_what_it_found(words: list[str]) -> None:
    """For the tokenizer of the exercise, exactly the words that are letters of English in lower case are usable."""
    usable = usable_words(words, spelling_of(ExerciseTokenizer()))
    expected = {word for word in usable_words(words, plain_spelling) if word.isascii()}
    assert usable == {word: word for word in expected}


@pytest.mark.parametrize("signature", [letters_signature, counts_signature])
def test_folded_and_shown(signature: Signature, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Words are found by their folded spelling and shown as the lexicon has them, from the cache too."""
    monkeypatch.setenv("ANAGRAM_CACHE_DIR", str(tmp_path))
    for _ in range(2):
        index = opened(["Straße", "STRASSE", "λόγος", "cafe\u0301"], FoldingTokenizer(), signature)
        groups = [index.words_of(number) for number in range(len(index))]
        assert groups == [["café"], ["strasse", "straße"], ["λόγος"]]
        assert index.groups_of(["strasse", "λόγοσ", "éfac", "straße"]) == [1, 2, 0, None]
    assert len(list(tmp_path.iterdir())) == 1


def test_scripts_with_marks() -> None:
    """A word may have marks, as Hindi writes its vowels, but not begin with one."""
    words = ["हिन्दी", "\u093fह", "x\u030c", "१२"]
    assert list(usable_words(words, spelling_of(WhitespaceTokenizer()))) == ["x\u030c", "हिन्दी"]


def test_tokenizers_do_not_share_a_cache() -> None:
    """The same lexicon has another index for another tokenizer."""
    words = ["straße", "cat"]
    assert [len(opened(words, t)) for t in (ExerciseTokenizer(), FoldingTokenizer(), ExerciseTokenizer())] == [1, 2, 1]


def test_a_lexicon_in_another_script(tmp_path: Path) -> None:
    """Where the tokenizer yields none of a lexicon's words, the error says so instead of finding nothing."""
    path = tmp_path / "words.txt"
    path.write_text("кот\nток\n", "utf-8")
    with pytest.raises(LexiconError, match="'exercise' keeps those of English only"):
        count_anagrams("кот", lexicon=f"file:{path}")
    assert count_anagrams("кот", lexicon=f"file:{path}", tokenizer="whitespace").anagram_counts == {"кот": 1, "ток": 1}
