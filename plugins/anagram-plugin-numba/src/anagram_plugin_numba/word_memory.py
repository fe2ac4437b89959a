"""The words that one state of the kernel remembers, as arrays that compiled code fills."""

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
"""The hot table has places for 2**13 frequent words. Its 256 KiB stay in the processor's second-level cache; 2**12 and 2**14 places were slower."""

WORDS, TOUCHED, LONG_END, MISSED, RESOLVED, TOKENS, DISTINCT, SAMPLED, SINK = range(9)
"""The places of numbers in ``WordMemory.sizes``. The last one is written and never read: ``compiled.counting`` says why."""

FIRST_BITS: Final = 16
"""A new memory has 2**16 slots."""

GROUP_BYTES: Final = 64
"""How many bytes are split at once."""


class WordMemory(NamedTuple):
    """All words that were seen, and how often each occurs in the present chunks.

    Attributes:
        entries: Four numbers for each word: two for its key, its count, and its facts (``compiled.grouping``). The key of a word of up to 16 bytes is
            its lower-case bytes. That of a longer word is a hash with the highest bit set, and the place of the word in ``long_words``.
        slots: A hash table with the numbers of entries, at most half full. 0 is an empty slot, so entry 0 is no word.
        long_words: For each long word its length in eight bytes, then its bytes, filled up to a multiple of eight.
        hot: A table of frequent words: key, count, and the place of the word in ``entries``. Each word has one possible place, so that a look-up
            needs no loop.
        touched: The places in ``entries`` of the words that occur in the present chunks.
        group_counts: A count for each group; all zero between chunks.
        sampled: The CRC-32 of words that were counted without being remembered and belong to the sample, some more than once.
        sizes: How much of each array is in use, and other numbers.
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
        """Return for how many words there is room."""
        return len(self.slots) // 2

    def word(self, entry: int) -> bytes:
        """Return the bytes of a word by the number of its entry."""
        low, high = map(int, self.entries[4 * entry : 4 * entry + 2])
        # The bit ``TOP`` (``compiled.keys``).
        if low >> 63:
            length = int.from_bytes(self.long_words[high : high + 8], "little")
            return bytes(self.long_words[high + 8 : high + 8 + length])
        return (low | high << 64).to_bytes(INLINE_BYTES, "little").rstrip(b"\0")


class Scratch(NamedTuple):
    """Arrays that the stages use for one block of text.

    Attributes:
        text: The bytes of the block.
        lower: The same bytes in lower case.
        places: The start and the end of each token in these, in turn.
        missed: The numbers of the tokens that are not counted yet.
        found: For each of these tokens the entry in the slot that it hashes to.
        keys: Room for the keys of tokens that may be in the lexicon, and of tokens that belong to the sample.
    """

    text: Uint8
    lower: Uint8
    places: Uint32
    missed: Uint32
    found: Uint32
    keys: Uint64

    @property
    def capacity(self) -> int:
        """Return how many bytes a block may have."""
        return len(self.text) - GROUP_BYTES


def make_scratch(capacity: int) -> Scratch:
    """Return arrays for blocks of up to ``capacity`` bytes. They are larger by a group, since groups of bytes are read and stored whole."""
    size = capacity + GROUP_BYTES
    return Scratch(
        text=zeros("B", size),
        lower=zeros("B", size),
        # A byte begins or ends at most one token. ``splitting`` stores some places behind the last one, too, and overwrites them.
        places=zeros("I", size + GROUP_BYTES),
        missed=zeros("I", size),
        found=zeros("I", size),
        # A token with its separator takes at least two bytes of text, and at most two keys of two numbers here.
        # Two further keys are stored in any case and overwritten.
        keys=zeros("Q", 2 * size + 4),
    )


def make_word_memory(facts: int) -> WordMemory:
    """Return an empty memory. ``facts`` is how many different facts a word may have: its group, or that it is in none."""
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
    """Empty a memory whose counts were collected. Its arrays stay, since to allocate new ones takes longer than to clear them."""
    # ``long_words``, ``touched`` and ``sampled`` need no clearing, as ``sizes`` tells how much of them is in use.
    clear(memory.entries[: 4 * memory.sizes[WORDS]])
    clear(memory.slots)
    clear(memory.hot)
    _begin(memory.sizes)


def _begin(sizes: Int64) -> None:
    clear(sizes)
    sizes[WORDS] = sizes[RESOLVED] = 1  # entry 0 is no word
    sizes[LONG_END] = 8  # place 0 is no long word's, so that no key has a second half of 0


def larger(memory: WordMemory, *, words: int, long_bytes: int) -> WordMemory:
    """Return a copy with more room, or the memory itself if there is room already. The ``slots`` of a copy are empty and must be filled.

    Args:
        memory: The memory.
        words: For how many more words there must be room.
        long_bytes: For how many more bytes of long words there must be room.
    """
    size, room = len(memory.slots), len(memory.long_words)
    # Half of the slots stay empty. Sizes stay powers of two, as places are made of the upper bits of a hash (``shift_for``).
    while size // 2 < memory.sizes[WORDS] + words:
        size *= 2
    while room < memory.sizes[LONG_END] + long_bytes:
        room *= 2
    if size == len(memory.slots) and room == len(memory.long_words):
        return memory
    # Four numbers for each of the words, which are half as many as slots.
    entries = zeros("Q", 2 * size)
    entries[: len(memory.entries)] = memory.entries
    touched = zeros("I", size // 2 + 1)
    touched[: len(memory.touched)] = memory.touched
    long_words = zeros("B", room)
    long_words[: len(memory.long_words)] = memory.long_words
    # The hot table stays as it is, since the entries keep their places. Slots depend on the size, so they are filled anew.
    return memory._replace(entries=entries, touched=touched, long_words=long_words, slots=zeros("I", size))


def with_room_for_sample(memory: WordMemory, *, words: int) -> WordMemory:
    """Return a memory whose sample has room for ``words`` more words, and is at most half full then."""
    known = memory.sizes[SAMPLED]
    sampled = zeros("I", max(len(memory.sampled), 2 * (known + words)))
    sampled[:known] = memory.sampled[:known]
    return memory._replace(sampled=sampled)
