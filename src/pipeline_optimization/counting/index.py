"""The index from signature to anagram group. It answers in constant time what permutations answer in factorial."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence

from pipeline_optimization.errors import LexiconError
from pipeline_optimization.types import Lexicon, Signature

__all__ = ["MAX_WORD_LETTERS", "AnagramIndex", "build_index", "usable_words"]

MAX_WORD_LETTERS = 1000
"""Longer lexicon words are left out, so that a giant token never has to be read to its end."""


class AnagramIndex:
    """The anagram groups of a lexicon, numbered from 0 in the order of their first words.

    ``lines`` holds a group's words, sorted, with a space between; ``numbers`` maps a signature to the group's number.
    """

    def __init__(self, lines: Sequence[str], numbers: dict[Hashable, int], signature: Signature, longest: int) -> None:
        self.lines = lines
        self.longest = longest
        self._signature = signature
        self._get: Callable[[Hashable], int | None] = numbers.get

    def __len__(self) -> int:
        return len(self.lines)

    def groups_of(self, words: Iterable[str]) -> list[int | None]:
        """Return the group of each lower-case word, in order; None where the lexicon has no anagram of it."""
        # A word longer than all of the lexicon's matches nothing; its signature could cost quadratic time.
        longest = self.longest
        short = [word if len(word) <= longest else "" for word in words]
        return list(map(self._get, map(self._signature, short)))

    def words_of(self, group: int) -> list[str]:
        """Return the words of a group, sorted."""
        return self.lines[group].split(" ")


def usable_words(words: Iterable[str]) -> list[str]:
    """Return the words that can ever match, lower-case, sorted, each once: letters only, and not too long."""
    lowered = {word.strip().lower() for word in words}
    return sorted(word for word in lowered if word.isalpha() and len(word) <= MAX_WORD_LETTERS)


def build_index(lexicon: Lexicon, signature: Signature, name: str) -> tuple[AnagramIndex, list[Hashable]]:
    """Group a lexicon's words, and return the index with the groups' signatures in order.

    Raises LexiconError where no word is usable; ``name`` is what the user calls the lexicon.
    """
    groups: dict[Hashable, list[str]] = {}
    for word in usable_words(lexicon.words()):
        groups.setdefault(signature(word), []).append(word)
    if not groups:
        raise LexiconError(
            f"The lexicon {name!r} has no usable word. Usable words are made of letters only, one word a line.",
            lexicon=name,
        )
    longest = max(len(words[0]) for words in groups.values())
    numbers = {key: number for number, key in enumerate(groups)}
    return AnagramIndex([" ".join(words) for words in groups.values()], numbers, signature, longest), list(groups)
