"""The stages as workers run them, and how their input and output are packed into bytes."""

from __future__ import annotations

import os
import struct
from array import array
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from pipeline_optimization.counting.index import AnagramIndex
from pipeline_optimization.counting.index_cache import open_index
from pipeline_optimization.counting.totals import decode_counts, encode_counts
from pipeline_optimization.engine.worker import DESCRIBE_WORKER
from pipeline_optimization.errors import InputError
from pipeline_optimization.foreign_code import call_component
from pipeline_optimization.registry import Choice
from pipeline_optimization.tasks.filter_input_task import filter_input
from pipeline_optimization.tasks.find_anagrams_task import find_anagrams
from pipeline_optimization.tasks.get_words_task import get_words
from pipeline_optimization.types import (
    ChunkCounts,
    CountingKernel,
    GroupIndex,
    KernelOffer,
    Lexicon,
    Signature,
    Tokenizer,
)

if TYPE_CHECKING:
    from pipeline_optimization.anagrams.range_counting import RangeCounter
    from pipeline_optimization.sources import FileRange

__all__ = [
    "COUNT_CHUNK",
    "COUNT_RANGES",
    "FILTER_INPUT",
    "FIND_ANAGRAMS",
    "GET_WORDS",
    "Counted",
    "StagePlan",
    "build_stages",
    "decode_counted",
    "decode_ranges",
    "encode_counted",
    "encode_ranges",
    "encode_unreadable",
    "size_of_ranges",
    "without_states",
]

FILTER_INPUT = filter_input.spec.name
GET_WORDS = get_words.spec.name
FIND_ANAGRAMS = find_anagrams.spec.name
COUNT_CHUNK = "count_chunk"
COUNT_RANGES = "count_ranges"


HEADER = struct.Struct("<QI")
LENGTH = struct.Struct("<Q")
RANGES = struct.Struct("<QI")
STATE_BYTES = 8
UNREADABLE = 0xFFFFFFFF
"""Stands in place of the number of chunks if the source could not be read."""


@frozen(kw_only=True)
class StagePlan:
    """The components from which stages are built: all that a worker must know of a run, except for faults.

    Attributes:
        kernel: The counting kernel.
        chunk_size: Bytes of a chunk.
        threads: How many threads may count at once in one attempt, if the kernel allows it.
        directory: The parent's directory, from which workers that may be started anywhere find files with relative paths.
    """

    tokenizer: Choice[Tokenizer]
    signature: Choice[Signature]
    lexicon: Choice[Lexicon]
    kernel: KernelOffer
    chunk_size: int
    threads: int = 1
    directory: str = ""

    modules: ClassVar[Sequence[str]] = ("pipeline_optimization.anagrams.range_counting",)
    """What stages import only when they need it."""

    def open_index(self) -> AnagramIndex:
        """Return the lexicon's index.

        Raises LexiconError if there is none, and PluginError if a component fails while it is made.
        """
        return call_component(
            f"Making the index of the lexicon {self.lexicon.label!r} for the tokenizer {self.tokenizer.label!r} and the "
            f"signature {self.signature.label!r}",
            self.lexicon.label,
            open_index,
            self.lexicon.build(),
            self.signature.build(),
            lexicon_name=self.lexicon.label,
            signature_name=f"{self.signature.label} {self.signature.options!r}",
            tokenizer=self.tokenizer.build(),
            tokenizer_name=f"{self.tokenizer.label} {self.tokenizer.options!r}",
            relation=self.signature.component.relation,
        )


class _GroupNumbers:
    """An index in which each group has one word: its own number."""

    def __init__(self, index: GroupIndex) -> None:
        self._index = index
        self.groups_of = index.groups_of

    def __len__(self) -> int:
        return len(self._index)

    def first_words(self) -> str:
        return "".join(f"{group}\n" for group in range(len(self)))

    def words_of(self, group: int) -> Sequence[str]:
        return [str(group)]


class _Stages:
    """The stages. What only some of them need is built when it is first needed."""

    def __init__(self, plan: StagePlan) -> None:
        self._plan = plan
        self._tokenizer = plan.tokenizer.build()

    def count_chunk(self, data: bytes) -> bytes:
        """Return all counts of a chunk. It is all stages in one, for runs in which no stage can wait or fail."""
        return encode_counted(Counted([self._kernel.count(data)]))

    def count_ranges(self, data: bytes) -> bytes:
        """Read ranges of files and return all their counts, or why they cannot be read."""
        try:
            return encode_counted(self._range_counter.count(self._located(decode_ranges(data))))
        except InputError as error:
            return encode_unreadable(error)

    def _located(self, ranges: Sequence[FileRange]) -> Sequence[FileRange]:
        directory = self._plan.directory
        if not directory:
            return ranges
        return [part if part.is_remote else part._replace(path=os.path.join(directory, part.path)) for part in ranges]

    def describe_worker(self, data: bytes) -> bytes:
        """Return the facts in which all processes of a run must agree. If they do, equal group numbers mean equal groups."""
        from pipeline_optimization.engine.handshake import encode_facts  # noqa: PLC0415 - for clusters only

        return encode_facts({"the lexicon's digest": self._plan.open_index().digest()})

    @cached_property
    def _numbers(self) -> _GroupNumbers:
        return _GroupNumbers(self._plan.open_index())

    @cached_property
    def _kernel(self) -> CountingKernel:
        return self._plan.kernel.factory(self._plan.open_index(), self._tokenizer)

    @cached_property
    def _range_counter(self) -> RangeCounter:
        from pipeline_optimization.anagrams.range_counting import PIECE, RangeCounter  # noqa: PLC0415 - for files only

        chunk_size, is_parallel = self._plan.chunk_size, self._plan.kernel.is_parallel
        return RangeCounter(
            kernel=self._kernel,
            chunk_size=chunk_size,
            squeeze=self._tokenizer.filter if self._tokenizer.is_characterwise else None,
            piece=min(PIECE, chunk_size) if is_parallel else chunk_size,
            threads=self._plan.threads if is_parallel else 1,
            merge=self._plan.kernel.merge,
        )

    def filter_input(self, data: bytes) -> bytes:
        """Return the filtered text."""
        text = data.decode("utf-8", "replace")
        # A tokenizer may return surrogates. Strict UTF-8 would refuse them on the way from stage to stage.
        return filter_input.plain(text, self._tokenizer).encode("utf-8", "surrogatepass")

    def get_words(self, data: bytes) -> bytes:
        """Return the words, one in each line."""
        words = get_words.plain(data.decode("utf-8", "surrogatepass"), self._tokenizer)
        return "\n".join(words).encode("utf-8", "surrogatepass")

    def find_anagrams(self, data: bytes) -> bytes:
        """Return the word's group number in decimal, or nothing. That is enough, because the parent has the groups' words too."""
        return "".join(find_anagrams.plain(data.decode("utf-8", "surrogatepass"), self._numbers)).encode()


def build_stages(plan: object) -> Mapping[str, Callable[[bytes], bytes]]:
    """Build a worker's stages, by task name, from a ``StagePlan``."""
    if not isinstance(plan, StagePlan):
        raise TypeError(f"stages are built from a StagePlan, not from {plan!r}")
    stages = _Stages(plan)
    return {
        COUNT_CHUNK: stages.count_chunk,
        COUNT_RANGES: stages.count_ranges,
        DESCRIBE_WORKER: stages.describe_worker,
        FILTER_INPUT: stages.filter_input,
        GET_WORDS: stages.get_words,
        FIND_ANAGRAMS: stages.find_anagrams,
    }


@frozen
class Counted:
    """The outcome of an item: the counts of its chunks (nearly always one), its invalid UTF-8 sequences, and what its text looks like."""

    chunks: Sequence[ChunkCounts]
    invalid_bytes: int = 0
    looks: str = ""


def encode_ranges(ranges: Sequence[FileRange]) -> bytes:
    """Pack ranges: bytes in all, number, where each starts and stops, the lengths of names, all names, states of files."""
    from pipeline_optimization.sources import total_size  # noqa: PLC0415 - where there are ranges

    paths, starts, stops, states = zip(*ranges, strict=True)
    numbers = array("Q", (*starts, *stops, *map(len, paths)))
    names = "".join(paths).encode("utf-8", "surrogatepass")
    return RANGES.pack(total_size(ranges), len(ranges)) + numbers.tobytes() + names + array("Q", states).tobytes()


def decode_ranges(data: bytes) -> list[FileRange]:
    """Unpack what ``encode_ranges`` packed."""
    from pipeline_optimization.sources import FileRange  # noqa: PLC0415 - as above

    _, number = RANGES.unpack_from(data)
    numbers = array("Q")
    end = RANGES.size + 3 * number * numbers.itemsize
    numbers.frombytes(data[RANGES.size : end])
    states = array("Q")
    states.frombytes(data[len(data) - number * STATE_BYTES :])
    names = without_states(data)[end:].decode("utf-8", "surrogatepass")
    borders = accumulate(numbers[2 * number :], initial=0)
    paths = (names[start:stop] for start, stop in pairwise(borders))
    return list(map(FileRange, paths, numbers[:number], numbers[number : 2 * number], states))


def without_states(data: bytes) -> bytes:
    """Return encoded ranges without the states of their files. A later run has the same bytes if no content has changed."""
    _, number = RANGES.unpack_from(data)
    return data[: len(data) - number * STATE_BYTES]


def size_of_ranges(data: bytes) -> int:
    """Return how many bytes the encoded ranges have together, without decoding them, because there may be thousands."""
    size, _ = RANGES.unpack_from(data)
    return int(size)


def encode_counted(counted: Counted) -> bytes:
    parts = [HEADER.pack(counted.invalid_bytes, len(counted.chunks))]
    for counts in counted.chunks:
        data = encode_counts(counts)
        parts += (LENGTH.pack(len(data)), data)
    return b"".join([*parts, counted.looks.encode()])


def encode_unreadable(error: InputError) -> bytes:
    """Return the result for a source that cannot be read. The error is one of the run, and not only of the item."""
    source = error.source.encode("utf-8", "surrogatepass")
    return HEADER.pack(len(source), UNREADABLE) + source + str(error).encode("utf-8", "surrogatepass")


def decode_counted(result: bytes) -> Counted:
    """Return the outcome of an item. Raises InputError if its source could not be read."""
    invalid_bytes, number = HEADER.unpack_from(result)
    start = HEADER.size
    if number == UNREADABLE:
        message = start + invalid_bytes
        source = result[start:message].decode("utf-8", "surrogatepass")
        raise InputError(result[message:].decode("utf-8", "surrogatepass"), source=source)
    chunks = []
    for _ in range(number):
        (length,) = LENGTH.unpack_from(result, start)
        start += LENGTH.size
        chunks.append(decode_counts(result[start : start + length]))
        start += length
    return Counted(chunks, invalid_bytes, result[start:].decode())
