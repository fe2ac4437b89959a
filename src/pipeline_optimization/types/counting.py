"""Counts per anagram group: what kernels return and what is merged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["ChunkCounts", "CountingKernel", "GroupIndex"]


@frozen(kw_only=True)
class ChunkCounts:
    """What a kernel found in one chunk.

    ``groups`` maps an anagram group's number to how many of the chunk's tokens belong to it; ``words`` is the number
    of tokens, ``distinct_words`` the number of different ones (compared without case). ``sample`` holds a CRC-32 for
    about one in sixteen of the different words (``counting.distinct``), so that different words of many chunks can
    be estimated in bounded memory.
    """

    groups: Mapping[int, int]
    words: int
    distinct_words: int
    sample: frozenset[int]


class GroupIndex(Protocol):
    """A lexicon's anagram groups, numbered from 0, for one signature."""

    def __len__(self) -> int:
        """Return the number of groups."""
        ...

    def groups_of(self, words: Iterable[str]) -> Sequence[int | None]:
        """Return the group of each lower-case word, in order; None for a word without anagrams in the lexicon."""
        ...

    def words_of(self, group: int) -> Sequence[str]:
        """Return the words of a group, sorted."""
        ...


class CountingKernel(Protocol):
    """Counts one chunk. An instance is shared by the threads of a process, so it must be safe to share."""

    def count(self, data: bytes) -> ChunkCounts:
        """Count a chunk of UTF-8 text, invalid bytes replaced; must equal the pure Python kernel on every input."""
        ...
