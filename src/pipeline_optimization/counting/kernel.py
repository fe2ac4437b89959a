"""The counting kernels in pure Python, exact for every tokenizer, signature and lexicon.

The work is left to bulk operations in C, since one step of the interpreter a word would cost more than all of them:
``bytes.translate`` drops and lowers, ``bytes.split`` cuts, ``Counter`` counts, and only *different* words are looked
up: those of a chunk, or of several whose words are the same. Both kernels count one chunk at a time: threads that count
side by side under one interpreter lock are slower than one after the other, and take as much more memory as they are
many.
"""

from __future__ import annotations

import threading
from array import array
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import repeat
from typing import Final, Generic, TypeVar
from zlib import crc32

from pipeline_optimization.counting.distinct import sampled
from pipeline_optimization.sources.white_space import WIDE
from pipeline_optimization.types import ChunkCounts, GroupIndex, Tokenizer

__all__ = ["ExerciseKernel", "GenericKernel"]

W = TypeVar("W", bound=Hashable)

PIECE = 16 << 10
"""Bytes counted at once: the words of a piece stay in the processor's cache until they are counted."""

MAX_KNOWN = 300_000
"""How many words a worker remembers; then it forgets all, so that memory does not grow with different words."""

MAX_TOGETHER = 100_000
"""Chunks are added up until they have so many different words: finding a word among more takes longer than it saves."""

NEW: Final = -1
"""Stands for the group of a word that is not remembered; group numbers start at 0."""

ASCII_SPACE = b" -\t\n\v\f\r\x1c\x1d\x1e\x1f"
ASCII = bytes(range(0x80))


def _exercise_table() -> tuple[bytes, bytes]:
    """Return the table that lowers letters and makes white space a space, and the bytes to drop."""
    kept = bytes(b for b in range(0x80) if chr(b).isalnum()) + ASCII_SPACE
    table = bytes(0x20 if b in ASCII_SPACE else ord(chr(b).lower()) if b < 0x80 else b for b in range(0x100))
    return table, bytes(b for b in range(0x100) if b not in kept)


class _Known(Generic[W]):
    """Remembers the group and the sample hash of words, so that only new words are looked up in the index."""

    def __init__(
        self,
        index: GroupIndex,
        decode: Callable[[list[W]], Iterable[str]],
        encode: Callable[[list[W]], Iterable[bytes]],
    ) -> None:
        self._index = index
        self._decode = decode
        self._encode = encode
        self._groups: dict[W, int | None] = {}
        self._hashes: dict[W, int] = {}

    def counts(self, counter: Counter[W], *, chunks: int = 1) -> ChunkCounts:
        """Turn counts per word, of so many chunks, into counts per group."""
        known, hashes = self._groups, self._hashes
        if len(known) + len(counter) > MAX_KNOWN:
            known.clear()
            hashes.clear()
        # One look-up a word: these go to random places in memory and cost more than anything else here.
        found = list(map(known.get, counter, repeat(NEW)))
        new = [word for word, group in zip(counter, found, strict=True) if group == NEW]
        if new:
            new_groups = self._index.groups_of(self._decode(new))
            known.update(zip(new, new_groups, strict=True))
            hashes.update(sampled(new, map(crc32, self._encode(new))))
            rest = iter(new_groups)
            found = [next(rest) if group == NEW else group for group in found]
        groups: dict[int, int] = {}
        get = groups.get
        for group, number in zip(found, counter.values(), strict=True):
            if group is not None:
                groups[group] = get(group, 0) + number
        order = sorted(groups)
        return ChunkCounts(
            groups=array("I", order),
            occurrences=array("Q", map(groups.__getitem__, order)),
            words=counter.total(),
            distinct_words=len(counter),
            sample=array("I", sorted({hashes[word] for word in hashes.keys() & counter.keys()})),
            chunks=chunks,
        )


class ExerciseKernel:
    """The reference tokenizer on bytes: white space outside ASCII is rare, so it is dealt with only where it occurs."""

    def __init__(self, index: GroupIndex, tokenizer: Tokenizer) -> None:
        self._known: _Known[bytes] = _Known(index, lambda words: b" ".join(words).decode("ascii").split(" "), iter)
        self._table, self._dropped = _exercise_table()
        self._lock = threading.Lock()

    def count(self, data: bytes) -> ChunkCounts:
        (counts,) = self.count_all([data])
        return counts

    def count_all(self, chunks: Iterable[bytes]) -> Iterator[ChunkCounts]:
        """Add up chunks while the next ones bring few new words; else each is counted among its own words, which are fewer."""
        counter: Counter[bytes] = Counter()
        number, are_diverse = 0, False
        for data in chunks:
            before = len(counter)
            with self._lock:
                for piece in _pieces(self._clean(data)):
                    counter.update(piece.split())
            number += 1
            if number > 1:
                are_diverse = len(counter) > before + before // 4
            if are_diverse or len(counter) > MAX_TOGETHER:
                yield self._in_groups(counter, number)
                counter, number = Counter(), 0
        if number:
            yield self._in_groups(counter, number)

    def _in_groups(self, counter: Counter[bytes], chunks: int) -> ChunkCounts:
        with self._lock:
            return self._known.counts(counter, chunks=chunks)

    def _clean(self, data: bytes) -> bytes:
        """Return lower-case letters, digits and spaces. Bytes above 0x7F are dropped, but for white space.

        UTF-8 is self-synchronising, so a character's bytes are found by searching for them, even in invalid text.
        """
        if not data.isascii():
            wide = data.translate(None, ASCII)
            for space in WIDE:
                if space in wide:
                    data = data.replace(space, b" ")
        return data.translate(self._table, self._dropped)


class GenericKernel:
    """Any tokenizer: the text is decoded, and words are compared in lower case."""

    def __init__(self, index: GroupIndex, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._lock = threading.Lock()
        self._known: _Known[str] = _Known(index, iter, lambda words: map(str.encode, words))

    def count(self, data: bytes) -> ChunkCounts:
        with self._lock:
            words = self._tokenizer.words(self._tokenizer.filter(data.decode("utf-8", "replace")))
            return self._known.counts(Counter(map(str.lower, words)))

    def count_all(self, chunks: Iterable[bytes]) -> Iterator[ChunkCounts]:
        return map(self.count, chunks)


def _pieces(clean: bytes) -> Iterator[bytes]:
    """Yield the text in pieces of about ``PIECE`` bytes that end at a space."""
    start, size = 0, len(clean)
    while start < size:
        end = start + PIECE
        if end < size:
            cut = clean.rfind(b" ", start, end)
            if cut < 0:
                cut = clean.find(b" ", end)
            end = size if cut < 0 else cut + 1
        yield clean[start:end]
        start = end
