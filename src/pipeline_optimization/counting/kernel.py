"""The counting kernels in pure Python. They count exactly, with every tokenizer, signature and lexicon.

Everything that happens to each word is done by functions of Python that are written in C and take many words at once. A single step of the
interpreter for each word would take longer than all of them. The words of some megabytes are counted in one dictionary, which is
then added to a total. Only the different words of the total are looked up in the lexicon.

For the tokenizer ``exercise``, the words are counted as bytes and never become strings. ``bytes.translate`` drops what the tokenizer
drops, makes all letters lower case, and makes all white space line feeds. If few line feeds stand side by side, reading the result as lines
is the quickest way to get the words, as it makes no list of them. Otherwise ``bytes.split`` is quicker, as it passes over the gaps.
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
"""How many bytes are split at once. The words of a piece of this size stay in the processor's cache until they are counted."""

LINES_PIECE: Final = 256 << 10
"""How many bytes are counted at once as lines. During this call, no other thread runs and no signal is handled. For 4 MiB it would take half a second."""

FEW_GAPS: Final = 4
"""Text is read as lines if it has this many times as many words as empty lines."""

ASCII: Final = bytes(range(0x80))
SPACE: Final = b"".join(white_space.ASCII) + b"-"
"""The bytes that separate words. The tokenizer makes hyphens spaces."""

DROPPED: Final = bytes(b for b in range(0x100) if b not in SPACE and not (b < 0x80 and chr(b).isalnum()))
"""The bytes that the tokenizer drops."""

TABLE: Final = bytes(0x0A if b in SPACE else ord(chr(b).lower()) if b < 0x80 else b for b in range(0x100))
"""What each byte becomes: white space a line feed, a letter its lower case."""


class ExerciseWords:
    """The words of some chunks, and how often each occurs, for the tokenizer ``exercise``."""

    def __init__(self) -> None:
        self._numbers: Counter[bytes] = Counter()
        self._are_lines = False

    def add(self, data: bytes) -> None:
        """Count the words of a chunk."""
        text = _clean(data)
        # The first chunk decides for all until ``take``: the keys of the counter are lines with their line feeds, or words without.
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
        # An empty line is no word. The keys that are left are as many as the lines of the text below, in the same order as the numbers.
        numbers.pop(b"\n", None)
        # All words are decoded at once, and cut afterwards.
        text = (b"" if self._are_lines else b"\n").join(numbers).removesuffix(b"\n").decode("ascii")
        return text.split("\n") if text else [], numbers.values()


def _clean(data: bytes) -> bytes:
    """Return the text as lower-case letters, digits and line feeds. Of bytes above 0x7F only white space counts; the others are dropped.

    UTF-8 is self-synchronising: the bytes of one character are never a part of others. So white space is found by a search for its
    bytes, even in invalid text.
    """
    if not data.isascii():
        # Such white space is rare. A first search in what is not ASCII is short, and mostly saves the others.
        wide = data.translate(None, ASCII)
        for space in white_space.WIDE:
            if space in wide:
                data = data.replace(space, b" ")
    # ``translate`` drops first. So "it's" becomes "its", and only white space and hyphens part words.
    return data.translate(TABLE, DROPPED)


def _has_few_gaps(text: bytes) -> bool:
    words = len(text.split())
    return FEW_GAPS * (text.count(b"\n") - words) < words


def _pieces(text: bytes, about: int) -> Iterator[bytes]:
    """Yield the text in pieces of about this number of bytes, each ending with a line feed."""
    start, size = 0, len(text)
    while start < size:
        end = start + about
        if end < size:
            # A piece never ends inside a word. If it has no line feed, it becomes longer.
            cut = text.rfind(b"\n", start, end)
            if cut < 0:
                cut = text.find(b"\n", end)
            end = size if cut < 0 else cut + 1
        yield text[start:end]
        start = end


BLOCK = 4 << 20
"""How many bytes are counted in a dictionary of their own before it is added to the total.

Words are found sooner in a small dictionary. Also, CPython keeps objects for the numbers up to 256, and has to make an object for each larger
number that it counts to.
"""

MAX_TOGETHER = 300_000
"""When the total has more different words, its result is given out and a new total begins. So memory does not grow with the input."""

MAX_REMEMBERED = 100_000
"""If a total has at most this number of words, their groups are remembered for the next total. A worker makes few larger totals."""

MAX_KNOWN = 300_000
"""How many words a worker remembers. Before there are more, it forgets all of them."""

NEW: Final = -1
"""Stands for the group of a word that is not remembered. The numbers of groups start at 0."""


class _Words(Protocol):
    """The words of some chunks."""

    def add(self, data: bytes) -> None:
        """Count the words of a chunk."""

    def take(self) -> tuple[Collection[str], Collection[int]]:
        """Return the different words and how often each occurs, and forget them."""


class _TokenizerWords:
    """The words of some chunks, and how often each occurs, for any tokenizer. The text is decoded, and words are compared in lower case."""

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
    """Counts chunks, in one thread at a time.

    Under Python's interpreter lock, threads that count at the same time are slower than one after the other, and each needs a dictionary. So
    a lock lets one thread count, block by block, while the others wait.
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
            # A full block is added only when another chunk comes. So the last block, which is often the only one, needs no total.
            if size >= BLOCK:
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
                # Without a total, the counts of the only block are the result.
                if total:
                    add_counts(total, last, numbers)
                    last, numbers = total, total.values()
            yield self._in_groups(last, numbers, number)

    def _in_groups(self, words: Collection[str], numbers: Collection[int], chunks: int) -> ChunkCounts:
        """Turn the counts of words into counts of their groups.

        Args:
            words: The different words.
            numbers: How often each occurs, in the same order.
            chunks: From how many chunks they are.
        """
        # The key None collects the words that are in no group.
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
        """Return the group of each word, from memory if it is known. To compute a signature takes several times as long as a look-up."""
        known = self._known
        if len(words) > MAX_REMEMBERED:
            return self._index.groups_of(words)
        # Counted as if all words were new, as that is known before they are looked up.
        if len(known) + len(words) > MAX_KNOWN:
            known.clear()
        # None is the group of a known word that is in no group, so another value marks words that are new.
        found = list(map(known.get, words, repeat(NEW)))
        new = [word for word, group in zip(words, found, strict=True) if group == NEW]
        if not new:
            return found
        new_groups = self._index.groups_of(new)
        known.update(zip(new, new_groups, strict=True))
        rest = iter(new_groups)
        return [next(rest) if group == NEW else group for group in found]


class ExerciseKernel(_Kernel):
    """The kernel for the tokenizer ``exercise``, which counts bytes."""

    def __init__(self, index: GroupIndex, tokenizer: Tokenizer) -> None:
        super().__init__(index, ExerciseWords)


class GenericKernel(_Kernel):
    """The kernel for any other tokenizer."""

    def __init__(self, index: GroupIndex, tokenizer: Tokenizer) -> None:
        super().__init__(index, lambda: _TokenizerWords(tokenizer))
