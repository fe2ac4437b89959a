"""The words that one thread remembers, as arrays that the compiled code fills."""

from __future__ import annotations

from typing import Final, NamedTuple

from anagram_plugin_numba.numbers import Int64, Uint8, Uint32, Uint64, clear, zeros
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
    "forget",
    "larger",
    "make_scratch",
    "make_word_memory",
    "with_room_for_sample",
]

HOT_BITS: Final = 13
"""2**13 frequent words in 256 KiB stay in the processor's second-level cache. 2**12 and 2**14 were slower."""

WORDS, TOUCHED, LONG_END, MISSED, RESOLVED, TOKENS, DISTINCT, SAMPLED, SINK = range(9)
"""The places in ``WordMemory.sizes``. What is written to the last one means nothing (see ``compiled.grouping``)."""

FIRST_BITS: Final = 16

GROUP_BYTES: Final = 64
"""The number of bytes that are split at once."""


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

    entries: Uint64
    slots: Uint32
    long_words: Uint8
    hot: Uint64
    touched: Uint32
    group_counts: Uint64
    sampled: Uint32
    sizes: Int64

    @property
    def capacity(self) -> int:
        """Return how many words there is room for."""
        return len(self.slots) // 2

    def word(self, entry: int) -> bytes:
        """Return the bytes of a word by its entry's number."""
        low, high = map(int, self.entries[4 * entry : 4 * entry + 2])
        if low >> 63:
            length = int.from_bytes(self.long_words[high : high + 8], "little")
            return bytes(self.long_words[high + 8 : high + 8 + length])
        return (low | high << 64).to_bytes(INLINE_BYTES, "little").rstrip(b"\0")


class Scratch(NamedTuple):
    """Room for one block of text.

    ``text`` has its bytes and ``lower`` the same in lower case, ``places`` where its tokens start and end in these, in
    turn, ``missed`` the tokens that are yet to be counted, and ``found`` the entry at the place that each hashes to.
    ``keys`` has room for the keys of tokens that may be in the lexicon, and of those that are sampled.
    """

    text: Uint8
    lower: Uint8
    places: Uint32
    missed: Uint32
    found: Uint32
    keys: Uint64

    @property
    def capacity(self) -> int:
        """Return how many bytes of text a block may have."""
        return len(self.text) - GROUP_BYTES


def make_scratch(capacity: int) -> Scratch:
    """Return room for blocks of up to ``capacity`` bytes, and for what is read and stored beyond a block's end."""
    size = capacity + GROUP_BYTES
    return Scratch(
        text=zeros("B", size),
        lower=zeros("B", size),
        places=zeros("I", size + GROUP_BYTES),
        missed=zeros("I", size),
        found=zeros("I", size),
        keys=zeros("Q", 2 * size + 4),
    )


def make_word_memory(facts: int) -> WordMemory:
    """Return an empty memory for words. ``facts`` is how many different facts words may have."""
    sizes = zeros("q", SINK + 1)
    _begin(sizes)
    return WordMemory(
        entries=zeros("Q", 4 << FIRST_BITS - 1),
        slots=zeros("I", 1 << FIRST_BITS),
        long_words=zeros("B", 1 << 17),
        hot=zeros("Q", 4 << HOT_BITS),
        touched=zeros("I", (1 << FIRST_BITS - 1) + 1),
        group_counts=zeros("Q", facts),
        sampled=zeros("I", 1 << FIRST_BITS),
        sizes=sizes,
    )


def forget(memory: WordMemory) -> None:
    """Empty a memory whose counts were collected. Its room is kept, since getting new room takes longer than clearing it."""
    clear(memory.entries[: 4 * memory.sizes[WORDS]])
    clear(memory.slots)
    clear(memory.hot)
    _begin(memory.sizes)


def _begin(sizes: Int64) -> None:
    clear(sizes)
    sizes[WORDS] = sizes[RESOLVED] = 1
    sizes[LONG_END] = 8  # so that no place in it is 0, as the key of no word is


def larger(memory: WordMemory, *, words: int, long_bytes: int) -> WordMemory:
    """Return a copy with room for more words and more bytes of long words, whose ``slots`` are not filled yet.

    Returns the memory itself if it has the room already.
    """
    size, room = len(memory.slots), len(memory.long_words)
    while size // 2 < memory.sizes[WORDS] + words:
        size *= 2
    while room < memory.sizes[LONG_END] + long_bytes:
        room *= 2
    if size == len(memory.slots) and room == len(memory.long_words):
        return memory
    entries = zeros("Q", 2 * size)
    entries[: len(memory.entries)] = memory.entries
    touched = zeros("I", size // 2 + 1)
    touched[: len(memory.touched)] = memory.touched
    long_words = zeros("B", room)
    long_words[: len(memory.long_words)] = memory.long_words
    return memory._replace(entries=entries, touched=touched, long_words=long_words, slots=zeros("I", size))


def with_room_for_sample(memory: WordMemory, *, words: int) -> WordMemory:
    """Return the memory with room for more sampled words: twice as many as there will be then."""
    known = memory.sizes[SAMPLED]
    sampled = zeros("I", max(len(memory.sampled), 2 * (known + words)))
    sampled[:known] = memory.sampled[:known]
    return memory._replace(sampled=sampled)
