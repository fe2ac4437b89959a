"""An independent count to hold answers against. It shares no code with the pipeline, so that they cannot err alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from json import dumps

from english_words import get_english_words_set

__all__ = ["count", "digest", "groups", "tokens"]

LETTERS_AND_DIGITS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")


@cache
def groups() -> Mapping[str, tuple[str, ...]]:
    """Return the words of the lexicon ``gcide`` by their sorted letters."""
    found: dict[str, list[str]] = {}
    for word in get_english_words_set(["gcide"], alpha=True, lower=True):
        if word.isascii() and word.isalpha():
            found.setdefault("".join(sorted(word)), []).append(word)
    return {letters: tuple(sorted(words)) for letters, words in found.items()}


def tokens(text: str) -> list[str]:
    """Split a text by the rule of the exercise; the tokens are in lower case."""
    kept = [" " if char == "-" or char.isspace() else char if char in LETTERS_AND_DIGITS else "" for char in text]
    return "".join(kept).lower().split()


def count(words: list[str]) -> dict[str, int]:
    """Return, for each dictionary word, how many of the tokens are made of its letters, sorted by word."""
    index = groups()
    counts: dict[str, int] = {}
    for token, occurrences in Counter(words).items():
        for word in index.get("".join(sorted(token)), ()):
            counts[word] = counts.get(word, 0) + occurrences
    return dict(sorted(counts.items()))


def digest(counts: Mapping[str, int]) -> str:
    """Return the SHA-256 of the counts as sorted JSON."""
    return sha256(dumps(dict(sorted(counts.items()))).encode()).hexdigest()
