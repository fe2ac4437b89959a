"""The two forms of a run: fused if no stage can wait or fail, and staged if they can."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pipeline_optimization.anagrams.reading import Reading
from pipeline_optimization.anagrams.stages import (
    COUNT_CHUNK,
    COUNT_RANGES,
    FILTER_INPUT,
    FIND_ANAGRAMS,
    GET_WORDS,
    decode_counted,
    decode_ranges,
    encode_ranges,
    size_of_ranges,
    without_states,
)
from pipeline_optimization.counting.totals import Totals, sample_of
from pipeline_optimization.engine.faults import fault_key
from pipeline_optimization.engine.work import FollowUps, Item
from pipeline_optimization.sources.encoding import Decoded

if TYPE_CHECKING:
    from pipeline_optimization.sources import FileRange

SNAPSHOT = struct.Struct("<QQ")
NOTED = 1 << 63
"""Marks a snapshot's number of bytes: a note of what the text looks like follows, with its length first."""

NOTE = struct.Struct("<I")

__all__ = ["FusedWorkload", "StagedWorkload"]


class FusedWorkload:
    """One item for each chunk. The counting kernel does all stages at once.

    Workers read plain files themselves. With ``inline``, and for any other source, items carry the text. ``is_text_elsewhere`` says that what workers
    read takes no memory of this machine, so that any number of ranges may be under way.
    """

    def __init__(
        self,
        reading: Reading,
        totals: Totals,
        *,
        groups: int,
        inline: bool = False,
        is_text_elsewhere: bool = False,
    ) -> None:
        self._reading = reading
        self._totals = totals
        self._groups = groups
        self._inline = inline
        self._is_text_elsewhere = is_text_elsewhere
        self._bytes_elsewhere, self._elsewhere = 0, Decoded()

    def items(self) -> Iterator[Item]:
        for number, part in enumerate(self._reading.parts(inline=self._inline)):
            task = COUNT_RANGES if part.ranges else COUNT_CHUNK
            data = encode_ranges(part.ranges) if part.ranges else part.data
            # A worker that counts ranges has one chunk of them in memory at a time.
            held = min(part.size, self._reading.chunk_size) if part.ranges else part.size
            size = len(data) if self._is_text_elsewhere else held
            yield Item(id=str(number), task=task, data=data, size=size, place=part.place)

    def accept(self, item: Item, result: bytes) -> Iterable[Item]:
        """Add an item's counts. Raises InputError if its worker could not read its input."""
        counted = decode_counted(result)
        for counts in counted.chunks:
            if counts.groups and max(counts.groups) >= self._groups:
                raise ValueError("it has groups that the lexicon does not have")
            self._totals.add(counts)
        if item.task == COUNT_RANGES:
            self._add_elsewhere(size_of_ranges(item.data), counted.invalid_bytes, counted.looks, item.place)
        return ()

    def content(self, item: Item) -> bytes:
        """Return the text, or where it is. A later run may find a file with another time and the same content."""
        return without_states(item.data) if item.task == COUNT_RANGES else item.data

    def span(self, item: Item) -> FileRange | None:
        if item.task != COUNT_RANGES:
            return None
        ranges = decode_ranges(item.data)
        return ranges[0] if len(ranges) == 1 else None

    def snapshot(self) -> bytes:
        """Return the sum so far. It does not include what the parent read, because that is read again."""
        decoded, totals = self._elsewhere, self._totals.to_bytes()
        numbers = self._bytes_elsewhere, decoded.invalid_bytes
        if not decoded.looks:
            return SNAPSHOT.pack(*numbers) + totals
        note = f"{decoded.looks}\0{decoded.looks_in}".encode("utf-8", "surrogatepass")
        return b"".join((SNAPSHOT.pack(numbers[0] | NOTED, numbers[1]), NOTE.pack(len(note)), note, totals))

    def restore(self, snapshot: bytes) -> None:
        """Begin with a sum that ``snapshot`` returned."""
        read, invalid = SNAPSHOT.unpack_from(snapshot)
        end, looks, place = SNAPSHOT.size, "", ""
        if read & NOTED:
            start = end + NOTE.size
            end = start + NOTE.unpack_from(snapshot, end)[0]
            looks, _, place = snapshot[start:end].decode("utf-8", "surrogatepass").partition("\0")
        self._add_elsewhere(read & ~NOTED, invalid, looks, place)
        self._totals.restore(snapshot[end:], groups=self._groups)

    def _add_elsewhere(self, read: int, invalid: int, looks: str, place: str) -> None:
        self._bytes_elsewhere += read
        self._elsewhere.note(invalid, looks, place)
        self._reading.note(read, invalid, looks, place)


class StagedWorkload:
    """Each chunk is filtered, then split. Then each different word of it is one item, weighted by its occurrences."""

    def __init__(self, reading: Reading, totals: Totals) -> None:
        self._reading = reading
        self._totals = totals

    def items(self) -> Iterator[Item]:
        for number, data in enumerate(self._reading.chunks()):
            key = fault_key(data.decode("utf-8", "replace"))
            yield Item(id=str(number), task=FILTER_INPUT, fault_key=key, data=data)

    def accept(self, item: Item, result: bytes) -> Iterable[Item]:
        if item.task == FILTER_INPUT:
            key = fault_key(result.decode("utf-8", "surrogatepass"))
            return (Item(id=item.id, task=GET_WORDS, fault_key=key, data=result),)
        if item.task == GET_WORDS:
            return self._words(item, result)
        if result:
            self._totals.add_groups((int(result),), (item.weight,))
        return ()

    def content(self, item: Item) -> bytes:
        return item.data

    def span(self, item: Item) -> FileRange | None:
        return None

    def snapshot(self) -> None:
        """Return None, because each result is needed: it tells which items come next."""

    def restore(self, snapshot: bytes) -> None:
        raise ValueError("a run with faults keeps no sum")

    def _words(self, item: Item, result: bytes) -> Iterator[Item]:
        # split, and not splitlines: a word may contain other characters that end lines, but never the one that joins words here.
        text = result.decode("utf-8", "surrogatepass")
        words = Counter(map(str.lower, text.split("\n") if text else ()))
        encoded = [word.encode("utf-8", "surrogatepass") for word in words]
        self._totals.add_words(words.total(), len(words), sample_of(encoded))
        items = (
            Item(id=f"{item.id}:{word}", task=FIND_ANAGRAMS, fault_key=fault_key(word), data=data, weight=words[word])
            for word, data in zip(words, encoded, strict=True)
        )
        return FollowUps(FIND_ANAGRAMS, items, len(words))
