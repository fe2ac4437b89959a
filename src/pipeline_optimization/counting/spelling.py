"""How a tokenizer spells the words of a lexicon, so that they are looked up as texts have them."""

from __future__ import annotations

from collections.abc import Callable
from unicodedata import category, normalize

from pipeline_optimization.types import Tokenizer

__all__ = ["Spelling", "plain_spelling", "spelling_of"]

Spelling = Callable[[str], str | None]
"""Maps a lexicon's lower-case word to the word that a text has in its place; None where no text can have it."""


def plain_spelling(word: str) -> str | None:
    """Return the word itself if it is made of letters, as texts have it where no tokenizer changes them."""
    return word if word.isalpha() else None


def spelling_of(tokenizer: Tokenizer) -> Spelling:
    """Return how a tokenizer spells words.

    It may change case and normal form (a canonical caseless match, definition D145 of the Unicode Standard): ``straße``
    may become ``strasse``, and match a text that was folded. A word of which it keeps only a part, such as ``caf``
    of ``café``, or makes two, is another word, and no text can have it. So is one with anything but letters and their marks.
    """

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


def _is_made_of_letters(word: str) -> bool:
    # Marks are what NFC leaves of accents, and vowels in many scripts; isalpha() is false for them.
    return word.isalpha() or (
        word[:1].isalpha() and all(char.isalpha() or category(char).startswith("M") for char in word)
    )


def _is_same(word: str, other: str) -> bool:
    return word == other or _folded(word) == _folded(other)


def _folded(word: str) -> str:
    return normalize("NFD", normalize("NFD", word).casefold())
