"""The counting kernels in pure Python, exact for every tokenizer, signature and lexicon.

The work is left to bulk operations in C, since one step of the interpreter a word would cost more than all of them. The
words of some megabytes are counted in one dictionary, which is then added to that of all before: only words of the sum are
looked up in the lexicon, and those of small sums are remembered.

Those of the reference tokenizer are counted on bytes: ``bytes.translate`` drops and lowers, and makes all white space line feeds. A
text that has few of these side by side is then read as lines, one object at a time; in others ``bytes.split`` passes over the gaps sooner.
"""

from __future__ import annotations

import threading
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from io import BytesIO
from itertools import repeat
from typing import Final, Protocol

from pipeline_optimization.counting.totals import add_counts, sample_of
from pipeline_optimization.sources import white_space
from pipeline_optimization.types import ChunkCounts, GroupIndex, Tokenizer

__all__ = ["ExerciseKernel", "ExerciseWords", "GenericKernel"]

PIECE: Final = 16 << 10
"""Bytes split at once: the words of a piece stay in the processor's cache until they are counted."""

LINES_PIECE: Final = 256 << 10
"""Bytes counted at once as lines. One call holds the interpreter's lock and lets no signal through: for 4 MiB, half a second."""

FEW_GAPS: Final = 4
"""Reading lines pays if there are this many times as many words as empty lines."""

ASCII: Final = bytes(range(0x80))
SPACE: Final = b"".join(white_space.ASCII) + b"-"
DROPPED: Final = bytes(b for b in range(0x100) if b not in SPACE and not (b < 0x80 and chr(b).isalnum()))
TABLE: Final = bytes(0x0A if b in SPACE else ord(chr(b).lower()) if b < 0x80 else b for b in range(0x100))


class ExerciseWords:
    """The words of some chunks. White space outside ASCII is rare, so it is dealt with only where it occurs."""

    def __init__(self) -> None:
        self._numbers: Counter[bytes] = Counter()
        self._are_lines = False

    def add(self, data: bytes) -> None:
        """Count the words of a chunk."""
        text = _clean(data)
        if not self._numbers:
            self._are_lines = _has_few_gaps(text[:PIECE])
        if self._are_lines:
            for piece in _pieces(text if text.endswith(b"\n") else text + b"\n", LINES_PIECE):
                self._numbers.update(BytesIO(piece))
        else:
            for piece in _pieces(text, PIECE):
                self._numbers.update(piece.split())

    def take(self) -> tuple[Collection[str], Collection[int]]:
        """Return the different words and how often each occurs, and forget them."""
        numbers, self._numbers = self._numbers, Counter()
        numbers.pop(b"\n", None)
        text = (b"" if self._are_lines else b"\n").join(numbers).removesuffix(b"\n").decode("ascii")
        return text.split("\n") if text else [], numbers.values()


def _clean(data: bytes) -> bytes:
    """Return lower-case letters, digits and line feeds. Bytes above 0x7F are dropped, but for white space.

    UTF-8 is self-synchronising, so a character's bytes are found by searching for them, even in invalid text.
    """
    if not data.isascii():
        wide = data.translate(None, ASCII)
        for space in white_space.WIDE:
            if space in wide:
                data = data.replace(space, b" ")
    return data.translate(TABLE, DROPPED)


def _has_few_gaps(text: bytes) -> bool:
    words = len(text.split())
    return FEW_GAPS * (text.count(b"\n") - words) < words


def _pieces(text: bytes, about: int) -> Iterator[bytes]:
    """Yield the text in pieces of ``about`` this number of bytes that end at a line feed."""
    start, size = 0, len(text)
    while start < size:
        end = start + about
        if end < size:
            cut = text.rfind(b"\n", start, end)
            if cut < 0:
                cut = text.find(b"\n", end)
            end = size if cut < 0 else cut + 1
        yield text[start:end]
        start = end


BLOCK = 4 << 20
"""So many bytes are counted in a dictionary of their own: words are found sooner in a small one, and CPython keeps the small
numbers that it counts up to, but makes each larger one anew."""

MAX_TOGETHER = 300_000
"""Blocks are added up until they have this number of different words, so that memory does not grow with them."""

MAX_REMEMBERED = 100_000
"""The groups of a sum's words are remembered for the next if they are not more: of larger sums, a worker makes few."""

MAX_KNOWN = 300_000
"""How many words a worker remembers; then it forgets all."""

NEW: Final = -1
"""Stands for the group of a word that is not remembered; group numbers start at 0."""


class _Words(Protocol):
    """The words of some chunks."""

    def add(self, data: bytes) -> None:
        """Count the words of a chunk."""

    def take(self) -> tuple[Collection[str], Collection[int]]:
        """Return the different words and how often each occurs, and forget them."""


class _TokenizerWords:
    """Any tokenizer's: the text is decoded, and words are compared in lower case."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._numbers: Counter[str] = Counter()

    def add(self, data: bytes) -> None:
        words = self._tokenizer.words(self._tokenizer.filter(data.decode("utf-8", "replace")))
        self._numbers.update(map(str.lower, words))

    def take(self) -> tuple[Collection[str], Collection[int]]:
        numbers, self._numbers = self._numbers, Counter()
        return numbers, numbers.values()


class _Kernel:
    """Counts one chunk at a time.

    Threads that count side by side under one interpreter lock are slower than one after the other, and take as much more
    memory as they are many.
    """

    def __init__(self, index: GroupIndex, new_words: Callable[[], _Words]) -> None:
        self._index = index
        self._new_words = new_words
        self._known: dict[str, int | None] = {}
        self._lock = threading.Lock()

    def count(self, data: bytes) -> ChunkCounts:
        (counts,) = self.count_all([data])
        return counts

    def count_all(self, chunks: Iterable[bytes]) -> Iterator[ChunkCounts]:
        total: dict[str, int] = {}
        words = self._new_words()
        size = number = 0
        for data in chunks:
            if size >= BLOCK:  # not at its end: the last block, often the only one, need not become part of a sum
                with self._lock:
                    add_counts(total, *words.take())
                size = 0
            if len(total) > MAX_TOGETHER:
                yield self._in_groups(total, total.values(), number)
                total, number = {}, 0
            with self._lock:
                words.add(data)
            number += 1
            size += len(data)
        if number:
            with self._lock:
                last, numbers = words.take()
                if total:
                    add_counts(total, last, numbers)
                    last, numbers = total, total.values()
            yield self._in_groups(last, numbers, number)

    def _in_groups(self, words: Collection[str], numbers: Collection[int], chunks: int) -> ChunkCounts:
        """Turn counts per word, of ``chunks`` chunks, into counts per group."""
        groups: dict[int | None, int] = {}
        with self._lock:
            add_counts(groups, self._groups_of(words), numbers)
            hit = array("I", sorted(group for group in groups if group is not None))
            return ChunkCounts(
                groups=hit,
                occurrences=array("Q", map(groups.__getitem__, hit)),
                words=sum(numbers),
                distinct_words=len(words),
                sample=array("I", sample_of(map(str.encode, words))),
                chunks=chunks,
            )

    def _groups_of(self, words: Collection[str]) -> Sequence[int | None]:
        """Return the group of each word; a signature takes several times as long as remembering."""
        known = self._known
        if len(words) > MAX_REMEMBERED:
            return self._index.groups_of(words)
        if len(known) + len(words) > MAX_KNOWN:
            known.clear()
        found = list(map(known.get, words, repeat(NEW)))
        new = [word for word, group in zip(words, found, strict=True) if group == NEW]
        if not new:
            return found
        new_groups = self._index.groups_of(new)
        known.update(zip(new, new_groups, strict=True))
        rest = iter(new_groups)
        return [next(rest) if group == NEW else group for group in found]


class ExerciseKernel(_Kernel):
    """For the tokenizer ``exercise``, on bytes."""

    def __init__(self, index: GroupIndex, tokenizer: Tokenizer) -> None:
        super().__init__(index, ExerciseWords)


class GenericKernel(_Kernel):
    """For any tokenizer."""

    def __init__(self, index: GroupIndex, tokenizer: Tokenizer) -> None:
        super().__init__(index, lambda: _TokenizerWords(tokenizer))
