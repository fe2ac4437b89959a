"""An independent counter, so plain that reading it shows it right. It shares no code with the project."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from english_words import get_english_words_set


@cache
def gcide() -> frozenset[str]:
    """Return the reference lexicon."""
    words = get_english_words_set(["gcide"], alpha=True, lower=True)
    return frozenset(word for word in words if word.isascii() and word.isalpha())


@cache
def by_letters(words: frozenset[str]) -> dict[str, list[str]]:
    """Group words that are made of the same letters."""
    groups: dict[str, list[str]] = {}
    for word in words:
        groups.setdefault("".join(sorted(word)), []).append(word)
    return groups


def tokens(text: str) -> list[str]:
    """Split a text by the rule of the exercise."""
    kept = ""
    pieces = []
    for char in text:
        if char == "-" or char.isspace():
            pieces.append(kept)
            kept = ""
        elif char in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789":
            kept += char
    return [piece.lower() for piece in [*pieces, kept] if piece]


def count(text: str, words: Iterable[str] | None = None) -> dict[str, int]:
    """Count, for each dictionary word, the tokens that are made of the same letters."""
    groups = by_letters(gcide() if words is None else frozenset(words))
    counts: dict[str, int] = {}
    for token in tokens(text):
        if not token.isalpha():
            continue  # a token with a digit matches nothing
        for word in groups.get("".join(sorted(token)), []):
            counts[word] = counts.get(word, 0) + 1
    return dict(sorted(counts.items()))
