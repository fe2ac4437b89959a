"""A lexicon of a few words."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["Words"]


class Words:
    """A lexicon in memory that notes how often it is read."""

    def __init__(self, words: Sequence[str], identity: str = "in memory") -> None:
        self.identity = identity
        self.reads = 0
        self._words = words

    def words(self) -> Sequence[str]:
        self.reads += 1
        return self._words
