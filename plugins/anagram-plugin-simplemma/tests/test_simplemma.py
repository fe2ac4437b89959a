"""Lexicons of other languages, with the tokenizer that can read them."""

from __future__ import annotations

import pytest

from pipeline_optimization import count_anagrams
from pipeline_optimization.errors import LexiconError, UnknownComponentError
from pipeline_optimization.registry import Registry

OPTIONS = {"tokenizer": "unicode", "tokenizer_options": {"apostrophe": "separates"}}


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("fr", "L’ÉTÉ, le chien\u202f!", {"été", "chien", "niche", "chine"}),
        # Their indexes take seconds.
        pytest.param("is", "Hestur, ÞÖRF", {"hestur", "þörf"}, marks=pytest.mark.slow),
        pytest.param("uk", "Кіт; ДІМ", {"кіт", "дім"}, marks=pytest.mark.slow),
    ],
)
def test_end_to_end(language: str, text: str, words: set[str]) -> None:
    """A text in the language has the anagrams of its words, and an English word has none."""
    counts = count_anagrams(f"{text} knightly", lexicon=f"simplemma:{language}", **OPTIONS).anagram_counts
    assert words <= set(counts)
    assert "knightly" not in counts
    assert set(counts.values()) == {1}


def test_inflected_forms() -> None:
    """Not only base forms are words, and each is found from any order of its letters."""
    counts = count_anagrams("chanteraient aiment meiant", lexicon="simplemma:fr", **OPTIONS).anagram_counts
    assert counts["chanteraient"] == 1
    assert counts["aiment"] == 2


def test_identity() -> None:
    """Each language has an identity of its own, so that their indexes are never mixed up."""
    choose = Registry.load().lexicon
    identities = {choose(f"simplemma:{code}").build().identity for code in ("fr", "is", "gv")}
    assert len(identities) == 3


def test_all_languages() -> None:
    """Every language that the summary promises can be chosen; the words of a small one are words."""
    from simplemma.strategies.dictionaries.dictionary_factory import SUPPORTED_LANGUAGES

    choose = Registry.load().lexicon
    for code in SUPPORTED_LANGUAGES:
        choose(f"simplemma:{code}").build()
    summary = Registry.load().component("lexicon", "simplemma").summary
    assert f"one of {len(SUPPORTED_LANGUAGES)} languages" in summary
    assert len(set(choose("simplemma:gv").build().words())) > 10_000


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("simplemma", "needs a language: --lexicon simplemma:LANGUAGE.*ar, ast"),
        ("simplemma:xx", "no language 'xx'.*--lexicon file:PATH"),
        ("simplemma:../de", "no language"),
    ],
)
def test_wrong_languages(label: str, message: str) -> None:
    """A language that is not there is refused with those that are."""
    with pytest.raises(LexiconError, match=message):
        count_anagrams("x", lexicon=label)


def test_what_to_install() -> None:
    """Without the plugin, the error names the distribution that brings it."""
    with pytest.raises(UnknownComponentError, match="It comes with anagram-plugin-simplemma"):
        Registry().lexicon("simplemma:de")
