"""How a tokenizer spells the words of a lexicon, so that they are looked up as texts have them."""

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
"""Maps a lexicon's lower-case word to the word that a text has in its place; None where no text can have it."""


LONE_WORDS: Final = ("cat", "listen", "straße", "кот", "λόγος", "शब्द", "کلمه", "מילה", "言葉", "단어", "คำ")
"""Words of many scripts: a tokenizer that spells none of them finds words by what stands around them."""


def plain_spelling(word: str) -> str | None:
    """Return the word itself if it is made of letters, as texts have it where no tokenizer changes them."""
    return word if word.isalpha() else None


def spelling_of(tokenizer: Tokenizer, name: str = "") -> Spelling:
    """Return how a tokenizer spells words; ``name`` is what errors call it.

    A ``Speller`` says it by itself. Any other finds the word as if it were a text. It may change case and normal form (a canonical caseless match, definition D145 of the Unicode Standard): ``straße``
    may become ``strasse``, and match a text that was folded. A word of which it keeps only a part, such as ``caf``
    of ``café``, or makes two, is another word, and no text can have it. So is one with anything but letters and their marks.
    """
    if isinstance(tokenizer, Speller):
        return _spelling_by(tokenizer, name or type(tokenizer).__name__)

    def spell(word: str) -> str | None:
        capitals = word.upper()  # some tokenizers take only those; not where they are other letters, as SS is for ß
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
    # Marks are what NFC leaves of accents, and vowels in many scripts; isalpha() is false for them.
    return word.isalpha() or (
        word[:1].isalpha() and all(char.isalpha() or category(char).startswith("M") for char in word)
    )


def _is_same(word: str, other: str) -> bool:
    return word == other or _folded(word) == _folded(other)


def _folded(word: str) -> str:
    return normalize("NFD", normalize("NFD", word).casefold())
