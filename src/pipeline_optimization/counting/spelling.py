"""How a tokenizer spells the words of a lexicon, so that they are looked up in the form in which texts have them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from unicodedata import category, normalize

from pipeline_optimization.error_text import describe_with_place
from pipeline_optimization.errors import PluginError
from pipeline_optimization.foreign_code import ForeignCodeError, call_foreign
from pipeline_optimization.types import Speller, Tokenizer

__all__ = ["LONE_WORDS", "Spelling", "plain_spelling", "spelling_of"]

Spelling = Callable[[str], str | None]
"""Returns the word that a text has for a lexicon's lower-case word, or None if no text can have it."""


LONE_WORDS: Final = ("cat", "listen", "straße", "кот", "λόγος", "शब्द", "کلمه", "מילה", "言葉", "단어", "คำ")
"""Words of many scripts. A tokenizer that spells none of them finds words by the characters around them."""


def plain_spelling(word: str) -> str | None:
    """Return the word itself if it is made of letters, as for texts that no tokenizer changes."""
    return word if word.isalpha() else None


def spelling_of(tokenizer: Tokenizer, name: str = "") -> Spelling:
    """Return how a tokenizer spells words. ``name`` is its name in errors.

    A ``Speller`` tells it. Any other tokenizer gets the word as if it were a text. It may change case and normal form (a canonical caseless match,
    definition D145 of the Unicode Standard): ``straße`` may become ``strasse``, and match a text that was folded. If it keeps only a part of a word,
    such as ``caf`` of ``café``, or makes two, that is another word, so no text can have this one. The same holds for a word with anything but letters
    and their marks.
    """
    if isinstance(tokenizer, Speller):
        return _spelling_by(tokenizer, name or type(tokenizer).__name__)

    def spell(word: str) -> str | None:
        # Some tokenizers find capitals only. They are not tried if they are other letters, as SS is for ß.
        capitals = word.upper()
        for form in (word, capitals) if capitals.lower() == word else (word,):
            match list(tokenizer.words(tokenizer.filter(form))):
                case []:
                    continue
                case [token]:
                    spelled = token.lower()
                    return spelled if _is_made_of_letters(spelled) and _is_same(spelled, word) else None
                case _:
                    return None
        return None

    return spell


def _spelling_by(speller: Speller, name: str) -> Spelling:
    def spell(word: str) -> str | None:
        if word.split() != [word]:
            return None  # white space ends words
        try:
            spelled: object = call_foreign(speller.spell, word)
        except ForeignCodeError as error:
            raise PluginError(
                f"spell({word!r}) of the tokenizer {name!r} raised {describe_with_place(error.raised)}.", plugin=name
            ) from error.raised
        if spelled is None:
            return None
        if not isinstance(spelled, str):
            raise PluginError(
                f"spell({word!r}) of the tokenizer {name!r} returned {spelled!r}, which is no string. It must be a string or "
                "None.",
                plugin=name,
            )
        return spelled.lower() if spelled.split() == [spelled] else None

    return spell


def _is_made_of_letters(word: str) -> bool:
    # Marks are what NFC leaves of accents, and vowels in many scripts. isalpha() is false for them.
    return word.isalpha() or (
        word[:1].isalpha() and all(char.isalpha() or category(char).startswith("M") for char in word)
    )


def _is_same(word: str, other: str) -> bool:
    return word == other or _folded(word) == _folded(other)


def _folded(word: str) -> str:
    return normalize("NFD", normalize("NFD", word).casefold())
