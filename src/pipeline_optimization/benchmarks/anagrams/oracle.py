"""An independent count that answers are compared with. It shares no code with the pipeline, so that both cannot make the same mistake.

An ``Oracle`` counts by plain functions and a list of words. ``EXERCISE`` has its own functions for the default components. Other oracles are built
from the components that are compared: the tokenizer defines what a word is, but which words are anagrams, and how often they occur, is counted here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import cache
from hashlib import sha256
from json import dumps
from unicodedata import category, normalize

from attrs import field, frozen
from english_words import get_english_words_set

__all__ = [
    "EXERCISE",
    "Groups",
    "Oracle",
    "count",
    "digest",
    "filtered",
    "groups",
    "letters",
    "spelled_groups",
    "tokens",
]

LETTERS_AND_DIGITS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")


Groups = Mapping[Hashable, Sequence[str]]


def letters(word: str) -> str:
    """Return what anagrams have in common: the word's characters in order."""
    return "".join(sorted(word))


@cache
def groups() -> Groups:
    """Return the words of the lexicon ``gcide`` by their sorted letters."""
    found: dict[str, list[str]] = {}
    for word in get_english_words_set(["gcide"], alpha=True, lower=True):
        if word.isascii() and word.isalpha():
            found.setdefault(letters(word), []).append(word)
    return {key: tuple(sorted(words)) for key, words in found.items()}


def filtered(text: str) -> str:
    """Drop from a text what the rule of the exercise drops."""
    return "".join(
        " " if char == "-" or char.isspace() else char if char in LETTERS_AND_DIGITS else "" for char in text
    )


def tokens(text: str) -> list[str]:
    """Split a text by the rule of the exercise. The tokens are in lower case."""
    return filtered(text).lower().split()


@frozen(eq=False, kw_only=True)
class Oracle:
    """Counts by its own rules.

    Args:
        filtered: Returns what the stage ``get_words`` gets of a text.
        tokens: Returns the text's words in lower case, in order.
        signature: Returns what two words have in common that stand for each other.
        groups: Returns the dictionary's words by their signatures. It is called when something is counted.
    """

    filtered: Callable[[str], str] = filtered
    tokens: Callable[[str], list[str]] = tokens
    signature: Callable[[str], Hashable] = letters
    groups: Callable[[], Groups] = field(default=groups, repr=False)

    def count(self, words: Sequence[str]) -> dict[str, int]:
        """Return, for each dictionary word, how many of the words have its signature, sorted by word."""
        index = self.groups()
        counts: dict[str, int] = {}
        for token, occurrences in Counter(words).items():
            for word in index.get(self.signature(token), ()):
                counts[word] = counts.get(word, 0) + occurrences
        return dict(sorted(counts.items()))


EXERCISE = Oracle()
"""Judges all that is counted by the exercise's tokenizer and the lexicon ``gcide``."""


def count(words: Sequence[str]) -> dict[str, int]:
    """Return, for each dictionary word, how many of the tokens have its letters, sorted by word."""
    return EXERCISE.count(words)


def spelled_groups(
    words: Iterable[str], tokens: Callable[[str], list[str]], signature: Callable[[str], Hashable]
) -> Groups:
    """Return a dictionary's words by the signatures of the tokens that stand for them in a text.

    Such a token is the only one that the tokenizer makes of the word, or of the word in capitals if it keeps no other letters. If it makes another
    word, several, or none, the word cannot occur in a text, and is left out.
    """
    found: dict[Hashable, list[str]] = {}
    for word in sorted({normalize("NFC", word.strip().lower()) for word in words}):
        capitals = word.upper()
        made = tokens(word) or (tokens(capitals) if capitals.lower() == word else [])
        if len(made) == 1 and _is_word(made[0]) and _folded(made[0]) == _folded(word):
            found.setdefault(signature(made[0]), []).append(word)
    return found


def _is_word(token: str) -> bool:
    """Return whether a token is made of letters, and of marks behind letters."""
    return token[:1].isalpha() and all(char.isalpha() or category(char)[0] == "M" for char in token)


def _folded(word: str) -> str:
    return normalize("NFD", normalize("NFD", word).casefold())


def digest(counts: Mapping[str, int]) -> str:
    """Return the SHA-256 of the counts as sorted JSON."""
    return sha256(dumps(dict(sorted(counts.items()))).encode()).hexdigest()
