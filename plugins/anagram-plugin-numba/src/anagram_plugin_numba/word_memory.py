"""The words that one thread remembers, as arrays that the compiled code fills."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anagram_plugin_numba.tables import INLINE_BYTES

__all__ = [
    "DISTINCT",
    "GROUP_BYTES",
    "HOT_BITS",
    "LONG_END",
    "MISSED",
    "RESOLVED",
    "SAMPLED",
    "SINK",
    "TOKENS",
    "TOUCHED",
    "WORDS",
    "Scratch",
    "WordMemory",
    "each_once",
    "forget",
    "larger",
    "make_scratch",
    "make_word_memory",
    "with_room_for_sample",
]

HOT_BITS: Final = 13
"""2**13 frequent words in 256 KiB stay in the processor's second-level cache. 2**12 and 2**14 were slower."""

WORDS, TOUCHED, LONG_END, MISSED, RESOLVED, TOKENS, DISTINCT, SAMPLED, SINK = range(9)
"""The entries of ``WordMemory.sizes``; the last means nothing (``compiled.counting``)."""

FIRST_BITS: Final = 16

GROUP_BYTES: Final = 64
"""As many bytes are split at once."""


class WordMemory(NamedTuple):
    """All words seen, each with its number of occurrences in the present chunk, as arrays of 64-bit numbers.

    ``entries`` has four numbers a word: its key in two, its count, and its facts (``compiled.grouping``). A word's key
    is its lower-case bytes; that of a word of more than 16 bytes is a hash with the highest bit set, and where the
    word is in ``long_words``: its length in eight bytes, then its bytes, filled up to a multiple of eight.
    ``slots`` is a hash table of entry numbers, 0 where it is empty; entry 0 is no word. It is at most half full.
    ``hot`` is a table without probing of frequent words: key, count, and the position of the word in ``entries``.
    ``touched`` lists the positions in ``entries`` of the words of the present chunk. ``group_counts`` has room for a
    count of each fact (``compiled.grouping``), zero between chunks. ``sampled`` has the CRC-32 of the sampled ones of the
    words that were counted without being remembered, some more than once. ``sizes`` says how much of each is in use.
    """

    entries: NDArray[np.uint64]
    slots: NDArray[np.uint32]
    long_words: NDArray[np.uint8]
    hot: NDArray[np.uint64]
    touched: NDArray[np.uint32]
    group_counts: NDArray[np.uint64]
    sampled: NDArray[np.uint32]
    sizes: NDArray[np.int64]

    @property
    def capacity(self) -> int:
        """Return how many words there is room for."""
        return len(self.slots) // 2

    def word(self, entry: int) -> bytes:
        """Return the bytes of a word by its entry's number."""
        low, high = (int(number) for number in self.entries[4 * entry : 4 * entry + 2])
        if low >> 63:
            length = int(self.long_words[high : high + 8].view(np.uint64)[0])
            return self.long_words[high + 8 : high + 8 + length].tobytes()
        return (low | high << 64).to_bytes(INLINE_BYTES, "little").rstrip(b"\0")


class Scratch(NamedTuple):
    """Room for one block of text.

    ``text`` has its bytes and ``lower`` the same in lower case, ``places`` where its tokens start and end in these, in
    turn, ``missed`` the tokens that are yet to be counted, and ``found`` the entry at the place that each hashes to.
    ``keys`` has room for the keys of tokens that may be in the lexicon, and of those that are sampled.
    """

    text: NDArray[np.uint8]
    lower: NDArray[np.uint8]
    places: NDArray[np.uint32]
    missed: NDArray[np.uint32]
    found: NDArray[np.uint32]
    keys: NDArray[np.uint64]

    @property
    def capacity(self) -> int:
        """Return how many bytes of text a block may have."""
        return len(self.text) - GROUP_BYTES


def make_scratch(capacity: int) -> Scratch:
    """Return room for blocks of up to ``capacity`` bytes, with what is read and stored beyond a block's end."""
    size = capacity + GROUP_BYTES
    return Scratch(
        text=np.zeros(size, np.uint8),
        lower=np.zeros(size, np.uint8),
        places=np.zeros(size + GROUP_BYTES, np.uint32),
        missed=np.zeros(size, np.uint32),
        found=np.zeros(size, np.uint32),
        keys=np.zeros(2 * size + 4, np.uint64),
    )


def make_word_memory(facts: int) -> WordMemory:
    """Return an empty memory for words that have one of so many facts."""
    sizes = np.zeros(SINK + 1, np.int64)
    _begin(sizes)
    return WordMemory(
        entries=np.zeros(4 << FIRST_BITS - 1, np.uint64),
        slots=np.zeros(1 << FIRST_BITS, np.uint32),
        long_words=np.zeros(1 << 17, np.uint8),
        hot=np.zeros(4 << HOT_BITS, np.uint64),
        touched=np.zeros((1 << FIRST_BITS - 1) + 1, np.uint32),
        group_counts=np.zeros(facts, np.uint64),
        sampled=np.zeros(1 << FIRST_BITS, np.uint32),
        sizes=sizes,
    )


def forget(memory: WordMemory) -> None:
    """Empty a memory whose counts were collected, but keep its room, which takes longer to get than to clear."""
    memory.entries[: 4 * memory.sizes[WORDS]] = 0
    memory.slots[:] = 0
    memory.hot[:] = 0
    _begin(memory.sizes)


def _begin(sizes: NDArray[np.int64]) -> None:
    sizes[:] = 0
    sizes[WORDS] = sizes[RESOLVED] = 1
    sizes[LONG_END] = 8  # so that no place in it is 0, as the key of no word is


def larger(memory: WordMemory, *, words: int, long_bytes: int) -> WordMemory:
    """Return a copy with room for so many more words and bytes of long words; its ``slots`` are yet to be filled.

    Returns the memory itself where there is room already.
    """
    size, room = len(memory.slots), len(memory.long_words)
    while size // 2 < memory.sizes[WORDS] + words:
        size *= 2
    while room < memory.sizes[LONG_END] + long_bytes:
        room *= 2
    if size == len(memory.slots) and room == len(memory.long_words):
        return memory
    entries = np.zeros(2 * size, np.uint64)
    entries[: len(memory.entries)] = memory.entries
    touched = np.zeros(size // 2 + 1, np.uint32)
    touched[: len(memory.touched)] = memory.touched
    long_words = np.zeros(room, np.uint8)
    long_words[: len(memory.long_words)] = memory.long_words
    return memory._replace(entries=entries, touched=touched, long_words=long_words, slots=np.zeros(size, np.uint32))


def with_room_for_sample(memory: WordMemory, *, words: int) -> WordMemory:
    """Return it with each sampled word once in ``sampled``, and room for so many more and as many again."""
    different = each_once(memory.sampled[: memory.sizes[SAMPLED]])
    sampled = np.zeros(max(len(memory.sampled), 2 * (len(different) + words)), np.uint32)
    sampled[: len(different)] = different
    memory.sizes[SAMPLED] = len(different)
    return memory._replace(sampled=sampled)


def each_once(numbers: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return the different numbers, ascending. ``numpy.unique`` puts them into a hash table first, and takes ten times as long."""
    ordered = np.sort(numbers)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered
