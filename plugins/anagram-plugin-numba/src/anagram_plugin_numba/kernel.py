"""The counting kernel as Python sees it. It lends compiled code a memory of words, lets it count, and makes the result an object of Python."""

from __future__ import annotations

import os
import threading
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from anagram_plugin_numba.group_table import FIRST_GROUP, LONGEST_EXACT, NO_GROUP, PENDING, GroupTable, make_group_table
from anagram_plugin_numba.merging import each_once, packed
from anagram_plugin_numba.native import CAN_READ_FILES, NativeFunctions, flat, load
from anagram_plugin_numba.numbers import Flat, Uint32, numbers_of, zeros
from anagram_plugin_numba.tables import make_tables
from anagram_plugin_numba.word_memory import (
    DISTINCT,
    LONG_END,
    RESOLVED,
    SAMPLED,
    TOKENS,
    TOUCHED,
    WORDS,
    Scratch,
    WordMemory,
    forget,
    larger,
    make_scratch,
    make_word_memory,
    with_room_for_sample,
)
from pipeline_optimization.counting.totals import DEPTH
from pipeline_optimization.sources.random_access import OPEN_FLAGS
from pipeline_optimization.types import ChunkCounts, GroupIndex

__all__ = ["NumbaKernel"]

BLOCK: Final = 16 << 10
"""How many bytes of text go through all stages together. What one stage writes is then still in the processor's cache when the next one reads it."""

MAX_WORDS: Final = 300_000
MAX_LONG_BYTES: Final = 8 << 20
"""A memory that has more words, or more bytes of long words, is emptied after the chunk. So it does not grow with the input."""

REMEMBERED: Final = 3 << 14
"""If several chunks are counted together, this is how many words are remembered. Further new words are only counted by their letters."""

ALL: Final = 1 << 62
"""Stands for any number of words."""

STATX_NUMBERS: Final = 32
"""The size of Linux's ``struct statx`` in numbers of eight bytes."""

MAX_CAPACITY: Final = 1 << 19
"""A memory with room for more words is not used again. It would take long to clear."""


class _State:
    """All arrays that one call of ``count_all`` works on. Two calls never use the same state at the same time."""

    def __init__(self, groups: int) -> None:
        self._hold(make_word_memory(groups + FIRST_GROUP), make_scratch(BLOCK))
        self.remembered = ALL

    def _hold(self, memory: WordMemory, scratch: Scratch) -> None:
        """Use these arrays from now on.

        ``limits`` says how many words, bytes of long words, and sampled words there may be before a block is counted. Compiled code does not
        check each time that it stores a word: it stops before a block for which there might be too little room.
        """
        self.memory, self.scratch = memory, scratch
        self.flat_memory, self.flat_scratch = flat([memory]), flat([scratch])
        # The most words that a block can have: one byte each, and a separator between two of them.
        words = scratch.capacity // 2 + 2
        self.limits = Flat(
            (memory.capacity - words, len(memory.long_words) - 2 * scratch.capacity - 16, len(memory.sampled) - words)
        )

    def make_room(self, native: NativeFunctions) -> None:
        """Enlarge what is too small for the next block.

        That is the sample, the memory of words, or the block itself, if a single token is longer than a block.
        """
        capacity = self.scratch.capacity
        if self.memory.sizes[SAMPLED] > self.limits[2]:
            sampled = self.memory.sampled[: self.memory.sizes[SAMPLED]]
            self.memory.sizes[SAMPLED] = len(each_once(native, sampled))
            self._hold(with_room_for_sample(self.memory, words=capacity // 2 + 2), self.scratch)
            return
        memory = larger(self.memory, words=capacity // 2 + 2, long_bytes=2 * capacity + 16)
        if memory is self.memory:
            self._hold(memory, make_scratch(2 * capacity))
        else:
            native.call("fill_slots", memory)
            self._hold(memory, self.scratch)

    @property
    def is_full(self) -> bool:
        """Return whether the memory has so many words that it should be emptied."""
        return bool(self.memory.sizes[WORDS] > MAX_WORDS or self.memory.sizes[LONG_END] > MAX_LONG_BYTES // 2)

    @property
    def is_worth_keeping(self) -> bool:
        """Return whether the arrays are of a usual size, so that another call may use them."""
        is_small = self.memory.capacity <= MAX_CAPACITY and len(self.memory.long_words) <= MAX_LONG_BYTES
        return is_small and self.scratch.capacity == BLOCK


class NumbaKernel:
    """Counts the words of the tokenizer ``exercise``, and then the groups of words with the same letters.

    Threads may share a kernel: each call works on a state of its own. States are used again, with the words that they remember. If a word of
    16 letters or more may be in the lexicon, ``index`` looks it up in Python, once for each state.
    """

    def __init__(self, index: GroupIndex) -> None:
        self._index = index
        self._native = load()
        self._tables = make_tables()
        self._table = self._group_table()
        self._flat_tables, self._flat_table = flat([self._tables]), flat([self._table])
        self._idle: list[_State] = []
        self._lock = threading.Lock()

    def _group_table(self) -> GroupTable:
        # One word of each group is enough, since all words of a group have the same letters. Each has a line feed behind it.
        words = self._index.first_words().encode()
        table = make_group_table(words.count(b"\n"), self._native.call("count_longer", words, LONGEST_EXACT))
        self._native.call("fill_group_table", words, self._tables, table)
        return table

    def count(self, data: bytes) -> ChunkCounts:
        (counts,) = self.count_all([data])
        return counts

    def count_all(self, chunks: Iterable[bytes]) -> Iterator[ChunkCounts]:
        """Count chunks, and yield one result for as many of them as the memory of words can take before it is too large to be kept."""
        rest = iter(chunks)
        data = next(rest, None)
        while data is not None:
            with self._borrowed() as state:
                number = 0
                while data is not None and (number == 0 or (not state.is_full and state.is_worth_keeping)):
                    # One chunk ahead, since it matters whether the first one is the only one.
                    following = next(rest, None)
                    # For a single chunk, the result has the exact number of different words. So all of them must be remembered.
                    state.remembered = ALL if number == 0 and following is None else REMEMBERED
                    self._add(data, state)
                    data = following
                    number += 1
                counts = self._counts(state, number)
            yield counts

    def read_files(self, paths: Sequence[str], sizes: Sequence[int], states: Sequence[int]) -> bytes | None:
        """Read whole files into one text, without the interpreter's lock, so that threads that read do not wait for one another.

        Args:
            paths: The files.
            sizes: The size of each in bytes.
            states: The state of each, by which the run knows whether it has changed; 0 if it has none.

        Returns:
            The contents with a line feed between two files; None if one cannot be read or has changed, or this system cannot do it.
        """
        names = os.fsencode("\0".join([*paths, ""]))
        # A path with a zero byte would count as two.
        if not CAN_READ_FILES or names.count(b"\0") != len(paths):
            return None
        text = zeros("B", sum(sizes) + len(sizes))
        end = self._native.call(
            "read_files",
            names,
            numbers_of("q", sizes),
            numbers_of("Q", states),
            text,
            zeros("Q", STATX_NUMBERS),
            OPEN_FLAGS,
        )
        # The line feed behind the last file is cut off. If there is no file, there is none.
        return None if end < 0 else text[: max(0, end - 1)].tobytes()

    def _add(self, data: bytes, state: _State) -> None:
        text = flat([data])
        position = 0
        while position < len(data):
            position = self._native.call(
                "count_blocks",
                text,
                position,
                self._flat_tables,
                state.flat_scratch,
                state.flat_memory,
                self._flat_table,
                state.remembered,
                state.limits,
            )
            if position < len(data):
                state.make_room(self._native)

    @contextmanager
    def _borrowed(self) -> Iterator[_State]:
        """Lend a state that no other thread uses. If counting fails, the state may be half changed, and is not used again."""
        with self._lock:
            state = self._idle.pop() if self._idle else None
        state = state or _State(len(self._index))
        yield state
        if state.is_worth_keeping:
            if state.is_full or state.memory.sizes[WORDS] > state.remembered:
                forget(state.memory)
            with self._lock:
                self._idle.append(state)

    def _counts(self, state: _State, chunks: int) -> ChunkCounts:
        """Return the counts of the groups, and make the state ready for the next chunks."""
        memory, sizes = state.memory, state.memory.sizes
        pending = zeros("I", sizes[WORDS] - sizes[RESOLVED])
        n_pending = self._native.call("resolve", state.flat_memory, self._flat_tables, self._flat_table, pending)
        if n_pending:
            self._look_up(memory, pending[:n_pending])
        n_facts = len(memory.group_counts)
        # ``collect`` first writes back the hot table, which may add each of its words to those that are touched.
        n_words = sizes[TOUCHED] + sizes[SAMPLED] + len(memory.hot) // 4
        groups, occurrences = zeros("I", n_facts), zeros("Q", n_facts)
        sample = zeros("I", n_words + 1)
        n_groups = self._native.call("collect", state.flat_memory, (1 << DEPTH) - 1, groups, occurrences, sample)
        tokens, sizes[TOKENS] = sizes[TOKENS], 0
        n_sampled, sizes[SAMPLED] = sizes[SAMPLED], 0
        return ChunkCounts(
            groups=array("I", groups[:n_groups].tobytes()),
            occurrences=packed(self._native, occurrences[:n_groups]),
            words=tokens,
            distinct_words=sizes[DISTINCT],
            sample=array("I", each_once(self._native, sample[:n_sampled]).tobytes()),
            chunks=chunks,
        )

    def _look_up(self, memory: WordMemory, pending: Uint32) -> None:
        """Ask the index for the groups of long words. For these the sums of letters are not exact, so they only say that a word may be in the lexicon."""
        words = [memory.word(entry).decode("ascii") for entry in pending]
        found = self._index.groups_of(words)
        for entry, group in zip(pending, found, strict=True):
            # The fact is the lower half of this number, and ``PENDING`` so far. The sum replaces it and leaves the CRC-32 in the upper half as it is.
            memory.entries[4 * entry + 3] += (NO_GROUP if group is None else group + FIRST_GROUP) - PENDING
