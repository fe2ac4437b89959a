"""Counts per anagram group: what kernels return and what is merged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from attrs import frozen

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterable, Sequence

__all__ = ["ChunkCounts", "CountingKernel", "FileReader", "GroupIndex", "Merge"]


@frozen(kw_only=True)
class ChunkCounts:
    """What a kernel found in one chunk, as arrays, because it travels as bytes.

    ``groups`` has the numbers of the anagram groups that occur, ascending (typecode ``I``), and ``occurrences`` how
    many of the chunk's tokens belong to each (``Q``, or ``I`` where none needs more). ``words`` is the number of tokens, ``distinct_words`` the number
    of different ones (compared without case). ``sample`` has the CRC-32 of about one in sixteen of the different words
    (``counting.distinct``), ascending and each once (``I``), so that different words of many chunks can be estimated
    in bounded memory. ``chunks`` is how many texts were counted together; of several, ``distinct_words`` may miss some.
    """

    groups: array[int]
    occurrences: array[int]
    words: int
    distinct_words: int
    sample: array[int]
    chunks: int = 1


class Merge(Protocol):
    """Adds up results: a function."""

    def __call__(self, counts: Sequence[ChunkCounts], /) -> ChunkCounts:
        """Return one result, which is the same as all together; its ``distinct_words`` may miss some."""
        ...


class GroupIndex(Protocol):
    """A lexicon's anagram groups, numbered from 0, for one signature."""

    def __len__(self) -> int:
        """Return the number of groups."""
        ...

    def groups_of(self, words: Iterable[str]) -> Sequence[int | None]:
        """Return the group of each lower-case word, in order; None for a word without anagrams in the lexicon."""
        ...

    def first_words(self) -> str:
        """Return the first word of each group, in the order of their numbers, with a line feed behind each."""
        ...

    def words_of(self, group: int) -> Sequence[str]:
        """Return the words of a group, sorted."""
        ...


class CountingKernel(Protocol):
    """Counts one chunk. An instance is shared by the threads of a process, so it must be safe to share."""

    def count(self, data: bytes) -> ChunkCounts:
        """Count a chunk of UTF-8 text, invalid bytes replaced; must equal the pure Python kernel on every input."""
        ...

    def count_all(self, chunks: Iterable[bytes]) -> Iterable[ChunkCounts]:
        """Count chunks as they come; each result may be the sum of several, as far as memory stays bounded."""
        ...


@runtime_checkable
class FileReader(Protocol):
    """What a counting kernel may be too: able to read many small files in less time than Python takes."""

    def read_files(self, paths: Sequence[str], sizes: Sequence[int], states: Sequence[int]) -> bytes | None:
        """Return local files of these sizes, a line end between two, without their byte order marks.

        None stands for files that cannot be read so, whatever the reason: then they are read one by one, which tells it.
        One is that a file is not in its state: behind the read, ``sources.is_same_state(os.fstat(handle), state)`` must hold.
        """
        ...
