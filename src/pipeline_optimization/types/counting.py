"""Counts by anagram group: kernels return them, and the run merges them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from attrs import frozen

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterable, Sequence

__all__ = ["ChunkCounts", "CountingKernel", "FileReader", "GroupIndex", "Merge"]


@frozen(kw_only=True)
class ChunkCounts:
    """The counts that a kernel found in one chunk. Its columns are arrays, because it travels as bytes.

    Attributes:
        groups: The numbers of the anagram groups that occur, ascending (typecode ``I``).
        occurrences: For each of these groups, how many of the chunk's words belong to it (``Q``, or ``I`` if no number needs more).
        words: The number of words, repeated ones each time.
        distinct_words: The number of different words, compared without case. If several chunks were counted together, it may be too small.
        sample: The CRC-32 of about one in sixteen of the different words (``counting.distinct``), ascending, each once (``I``). It serves to estimate
            the different words of many chunks in bounded memory.
        chunks: The number of chunks that were counted together.
    """

    groups: array[int]
    occurrences: array[int]
    words: int
    distinct_words: int
    sample: array[int]
    chunks: int = 1


class Merge(Protocol):
    """A function that adds up results."""

    def __call__(self, counts: Sequence[ChunkCounts], /) -> ChunkCounts:
        """Return one result that equals all of them added up. Its ``distinct_words`` may be too small."""
        ...


class GroupIndex(Protocol):
    """A lexicon's anagram groups, numbered from 0, for one signature."""

    def __len__(self) -> int:
        """Return the number of groups."""
        ...

    def groups_of(self, words: Iterable[str]) -> Sequence[int | None]:
        """Return the group of each lower-case word, in the order of the words. None stands for a word without anagrams in the lexicon."""
        ...

    def first_words(self) -> str:
        """Return the first word of each group, in the order of the groups' numbers, each followed by a line feed."""
        ...

    def words_of(self, group: int) -> Sequence[str]:
        """Return the words of a group, sorted."""
        ...


class CountingKernel(Protocol):
    """Counts chunks. The threads of a process share one kernel, so it must be safe for use by several threads at once."""

    def count(self, data: bytes) -> ChunkCounts:
        """Count a chunk of UTF-8 text, in which U+FFFD replaces invalid bytes. The result must equal that of the pure Python kernel."""
        ...

    def count_all(self, chunks: Iterable[bytes]) -> Iterable[ChunkCounts]:
        """Count chunks as they come. A result may be the sum of several chunks, as long as memory stays bounded."""
        ...


@runtime_checkable
class FileReader(Protocol):
    """A counting kernel that can also read many small files in less time than Python takes."""

    def read_files(self, paths: Sequence[str], sizes: Sequence[int], states: Sequence[int]) -> bytes | None:
        """Return the contents of local files, joined by line feeds, without their byte order marks.

        Args:
            paths: The files.
            sizes: The size of each in bytes.
            states: The state of each. After the read, ``sources.is_same_state(os.fstat(handle), state)`` must hold.

        Returns:
            The contents, or None if the files cannot be read in this way for any reason, such as another state. Then the core reads them one by one
            and finds the reason.
        """
        ...
