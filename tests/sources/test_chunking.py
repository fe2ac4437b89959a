"""Chunks: no word is split or lost, invalid bytes are counted exactly, reading is lazy and memory bounded."""

from __future__ import annotations

import gc
import io
import tracemalloc
from typing import BinaryIO, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chunked_text import DATA, SPACES, reference_invalid, reference_words, squeeze_exercise, squeeze_nothing, words_of
from pipeline_optimization.errors import OptionError
from pipeline_optimization.sources import MAX_WORD_BYTES, Chunk, StreamSource, TextSource, read_chunks
from pipeline_optimization.sources.chunking import ChunkCutter
from pipeline_optimization.sources.squeezing import shorten
from similar_cases import some

MEBIBYTE = 1 << 20


def source_of(data: bytes) -> StreamSource:
    return StreamSource(io.BytesIO(data), "test data")


@settings(deadline=None)
@given(data=DATA, chunk_size=st.integers(1, 200), is_squeezed=st.booleans())
@example(data=b"\xef\xbb\xbf\xef\xbb\xbfcat", chunk_size=1, is_squeezed=False)
@example(data=b"a\xe2\x80\x89b\xe2\x80\xe2\x80\x89", chunk_size=1, is_squeezed=False)
@example(data=b"\xef\xbb", chunk_size=1, is_squeezed=True)
def test_words_and_invalid_bytes_are_those_of_the_whole_text(data: bytes, chunk_size: int, is_squeezed: bool) -> None:
    """For every chunk size from 1, chunks hold the words of the source, once each and in order."""
    chunks = list(read_chunks(source_of(data), chunk_size, squeeze=squeeze_exercise if is_squeezed else None))
    squeeze = squeeze_exercise if is_squeezed else squeeze_nothing
    assert words_of(chunks, squeeze) == reference_words(data, is_squeezed=is_squeezed)
    assert sum(chunk.invalid_bytes for chunk in chunks) == reference_invalid(data)


@settings(deadline=None)
@given(data=DATA)
def test_a_chunk_size_of_the_whole_or_more_changes_nothing(data: bytes) -> None:
    """The largest chunk sizes obey the same rule as the small ones."""
    for chunk_size in (max(1, len(data)), len(data) + 1, 10_000):
        chunks = list(read_chunks(source_of(data), chunk_size))
        assert words_of(chunks) == reference_words(data, is_squeezed=False)
        assert sum(chunk.invalid_bytes for chunk in chunks) == reference_invalid(data)


def cut(data: bytes, block_size: int, cutter: ChunkCutter) -> list[Chunk]:
    blocks = [data[start : start + block_size] for start in range(0, len(data), block_size)]
    return [
        chunk for chunk in [*map(cutter.feed, blocks[:-1]), cutter.finish(b"".join(blocks[-1:]))] if chunk is not None
    ]


@settings(deadline=None)
@given(data=DATA, block_size=st.integers(1, 50), max_run_bytes=st.integers(1, 30), is_exercise=st.booleans())
@example(data=b"\xff" * 9, block_size=2, max_run_bytes=2, is_exercise=True)
@example(data=b"\xff\xff\xff-..", block_size=2, max_run_bytes=2, is_exercise=True)
@example(data=b"x\xef\xbf" + b"\xbd" * 2, block_size=2, max_run_bytes=1, is_exercise=False)
def test_squeezed_runs_keep_the_words_and_the_invalid_bytes(
    data: bytes, block_size: int, max_run_bytes: int, is_exercise: bool
) -> None:
    """Wherever a run is squeezed, even inside a character, the words and the count stay exact."""
    squeeze = squeeze_exercise if is_exercise else squeeze_nothing
    cutter = ChunkCutter(squeeze, max_run_bytes=max_run_bytes, max_word_bytes=10_000)
    chunks = cut(data, block_size, cutter)
    whole = data.decode("utf-8", "replace")
    assert words_of(chunks, squeeze) == squeeze(whole).split()
    assert sum(chunk.invalid_bytes for chunk in chunks) == reference_invalid(data)


@settings(deadline=None)
@given(data=DATA, block_size=st.integers(1, 50), max_run_bytes=st.integers(1, 30), max_word_bytes=st.integers(4, 20))
def test_shortened_words_stay_one_long_word_each(
    data: bytes, block_size: int, max_run_bytes: int, max_word_bytes: int
) -> None:
    """Shortening touches no word within the limit, and neither drops, joins nor splits a longer one."""

    def collapse(words: list[str]) -> list[str]:
        return ["LONG" if len(word.encode()) > max_word_bytes - 4 else word for word in words]

    cutter = ChunkCutter(squeeze_nothing, max_run_bytes=max_run_bytes, max_word_bytes=max_word_bytes)
    chunks = cut(data, block_size, cutter)
    assert collapse(words_of(chunks)) == collapse(data.decode("utf-8", "replace").split())
    assert sum(chunk.invalid_bytes for chunk in chunks) == reference_invalid(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"c" + b"." * 300_000 + b"at", ["cat"]),
        (b"dog c" + b"-" * 300_000 + b"at dog", ["dog", "c", "at", "dog"]),
        (b"a " + "é".encode() * 200_000 + b"b\xe3\x80\x80c", ["a", "b", "c"]),
        (b"\xff" * 300_000, []),
        (b"x" * 100_000 + b" y", ["x" * 100_000, "y"]),
        ("y\u2028".encode() + b"?!" * 150_000 + b"z", ["y", "z"]),
    ],
    ids=["joined", "hyphens", "removed", "invalid", "long but below the limit", "wide white space"],
)
@pytest.mark.parametrize("chunk_size", [1000, 65_537, MEBIBYTE])
def test_giant_runs_give_the_words_of_the_filtered_text(data: bytes, words: list[str], chunk_size: int) -> None:
    """With the real limits, removed characters join their neighbours over any distance."""
    chunks = list(read_chunks(source_of(data), chunk_size, squeeze=squeeze_exercise))
    found = words_of(chunks, squeeze_exercise)
    assert [word[:MAX_WORD_BYTES] for word in found] == [word[:MAX_WORD_BYTES] for word in words]
    assert sum(chunk.invalid_bytes for chunk in chunks) == reference_invalid(data)


def test_without_squeeze_a_giant_run_is_kept_whole() -> None:
    """Exactness comes before bounded memory when there is no filter to squeeze with."""
    run = b"x." * 200_000
    chunks = list(read_chunks(source_of(b"a " + run + b" b"), 1000))
    assert words_of(chunks) == ["a", run.decode(), "b"]


def test_a_word_beyond_the_limit_stays_one_word_of_over_64_kib() -> None:
    """A word of 1 MB is shortened, stays far longer than any lexicon word, and keeps its neighbours."""
    data = b"a " + b"x" * 1_000_000 + b" b"
    words = words_of(list(read_chunks(source_of(data), 1000, squeeze=squeeze_exercise)))
    assert words[0] == "a"
    assert words[2:] == ["b"]
    assert MAX_WORD_BYTES <= len(words[1]) < 3 * MAX_WORD_BYTES


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b" \n\t" * 1000, b"\xef\xbb\xbf\r\n"])
@pytest.mark.parametrize("chunk_size", [1, 7, MEBIBYTE])
def test_an_input_without_words_yields_no_chunk(data: bytes, chunk_size: int) -> None:
    """Neither an empty source nor one of white space makes work."""
    assert list(read_chunks(source_of(data), chunk_size)) == []


def test_a_source_of_less_than_a_chunk_is_one_chunk() -> None:
    """Its last word makes no chunk, and no work item, of its own."""
    assert list(read_chunks(TextSource("one two"), 100)) == [Chunk(data=b"one two", invalid_bytes=0)]


def test_only_the_first_byte_order_mark_is_dropped() -> None:
    """A second one is part of the text, as it is for Python's utf-8-sig."""
    mark = b"\xef\xbb\xbf"
    assert [chunk.data for chunk in read_chunks(source_of(mark + mark + b"cat"), 100)] == [mark + b"cat"]
    assert [chunk.data for chunk in read_chunks(TextSource("\ufeffcat"), 1)] == [b"cat"]


@pytest.mark.parametrize("space", [space for space in SPACES if not space.isascii()])
def test_wide_white_space_is_found_where_a_read_ends_within_it(space: str) -> None:
    """A text that has no other white space is cut at each one, and not read as one giant word."""
    words = [f"word{number}{space}".encode() for number in range(9)]
    assert [chunk.data for chunk in read_chunks(source_of(b"".join(words)), 1)] == words


def test_a_giant_word_is_squeezed_a_bounded_number_of_times() -> None:
    """What is squeezed already is squeezed again only with as much that is not, so that the work is linear."""
    squeezed = 0

    def squeeze(text: str) -> str:
        nonlocal squeezed
        squeezed += len(text)
        return text

    list(read_chunks(source_of(b"x" * 1_000_000), 100, squeeze=squeeze))
    assert 900_000 < squeezed < 2_000_000


def test_a_run_after_a_squeezed_one_is_squeezed_as_early() -> None:
    """The limit counts from the start of each run."""
    texts: list[str] = []

    def squeeze(text: str) -> str:
        texts.append(text)
        return text

    cutter = ChunkCutter(squeeze, max_run_bytes=10, max_word_bytes=8)
    assert cutter.feed(b"x" * 20) is None
    assert cutter.feed(b" ") == Chunk(data=b"x" * 8 + b" ", invalid_bytes=0)
    assert cutter.feed(b"y" * 11) is None
    assert texts == ["x" * 20, "y" * 11]


def test_shortening_splits_no_character() -> None:
    """A character that does not fit as a whole is left out."""
    assert shorten(bytearray("xa€".encode()), 1, 3) == b"a"
    assert shorten(bytearray("xa€b".encode()), 1, 4) == "a€".encode()


def test_bytes_pass_through_unchanged() -> None:
    """CRLF, NUL and invalid bytes are for the tokenizer to judge."""
    data = b"a\r\nb\x00c \xff\xfe d\r\n"
    assert b"".join(chunk.data for chunk in read_chunks(source_of(data), 5)) == data


def test_chunks_are_about_as_large_as_asked_for() -> None:
    """In ordinary text a chunk is off by less than a word, and the chunks add up to the source."""
    data = b"seven letters wide " * 5000
    chunks = list(read_chunks(source_of(data), 1000))
    assert all(980 < len(chunk.data) < 1020 for chunk in chunks[:-1])
    assert b"".join(chunk.data for chunk in chunks) == data


def test_chunks_do_not_depend_on_how_the_stream_portions_its_bytes() -> None:
    """A pipe that delivers 7 bytes at a time is cut like a file, so that chunk numbers mean the same again."""

    class Pipe(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(7, size if size is not None and size >= 0 else 7))

    data = "some words, größer oder kleiner ".encode() * 50
    whole = list(read_chunks(source_of(data), 100))
    assert list(read_chunks(StreamSource(Pipe(data), "pipe"), 100)) == whole


@pytest.mark.parametrize("chunk_size", [0, -1])
def test_a_chunk_size_below_one_is_refused_at_once(chunk_size: int) -> None:
    """The error comes from the call, not from the first chunk."""
    with pytest.raises(OptionError) as caught:
        read_chunks(TextSource("cat"), chunk_size)
    assert str(caught.value) == (
        f"The chunk size is {chunk_size}, but must be at least 1 byte; about 1 MiB (1048576) suits most inputs"
    )


class LimitedStream(io.RawIOBase):
    """Endless text of which only ``allowed`` bytes may be read."""

    def __init__(self, allowed: int) -> None:
        super().__init__()
        self.allowed = allowed

    def read(self, size: int = -1, /) -> bytes:
        if not 0 <= size <= self.allowed:
            pytest.fail(f"read {size} bytes where only {self.allowed} are needed")
        self.allowed -= size
        return (b"a " * size)[:size]


@pytest.mark.parametrize("chunk_size", [10, 100, 100_000])
def test_only_what_the_next_chunk_needs_is_read(chunk_size: int) -> None:
    """Nothing is read before the first chunk is asked for, and one block for each chunk."""
    stream = LimitedStream(0)
    chunks = read_chunks(StreamSource(cast("BinaryIO", stream), "limited"), chunk_size)
    for _ in range(4):
        stream.allowed = chunk_size
        next(chunks)
        assert stream.allowed == 0


def test_the_source_is_closed_when_the_chunks_are_given_up() -> None:
    """Closing the iterator closes the stream that the source opened."""
    opened = io.BytesIO(b"one two three")

    class Opened:
        name = "opened"

        def open(self) -> BinaryIO:
            return opened

    chunks = read_chunks(Opened(), 4)
    next(chunks)
    assert not opened.closed
    chunks.close()  # type: ignore[attr-defined]
    assert opened.closed


class GiantRun(io.RawIOBase):
    """About 25 MB of the 64 bytes ``unit``, generated while they are read, between a first and a last word."""

    size = 25_000_000 // 64 * 64

    def __init__(self, unit: bytes) -> None:
        super().__init__()
        assert len(unit) == 64
        self.unit = unit
        self.edges = [b"at last", b"first c"]
        self.offset = 0

    def read(self, size: int = -1, /) -> bytes:
        if len(self.edges) == 2 or (self.edges and self.offset == self.size):
            edge = self.edges.pop()
            if len(edge) > size:
                self.edges.append(edge[size:])  # the first read is small: it looks for a byte order mark
            return edge[:size]
        phase, length = self.offset % 64, min(size, self.size - self.offset)
        self.offset += length
        return (self.unit * (length // 64 + 2))[phase : phase + length]


@pytest.mark.parametrize(
    ("unit", "expected"),
    some(
        [
            (b"." * 64, ["first", "cat", "last"]),
            (b"\xff" * 64, ["first", "cat", "last"]),
            ("\N{GRINNING FACE}".encode() * 16, ["first", "cat", "last"]),
            (b"x" * 64, ["first", "c" + "x" * (MAX_WORD_BYTES - 1), "last"]),
            (b"-" + b"." * 63, ["first", "c", "at", "last"]),
        ],
        every=3,
    ),
    ids=["dots", "invalid bytes", "emoji", "letters", "hyphens"],
)
def test_memory_is_bounded_on_a_giant_run(unit: bytes, expected: list[str]) -> None:
    """25 MB without white space take less than 8 MiB at a chunk size of 1 MiB."""
    source = StreamSource(cast("BinaryIO", GiantRun(unit)), "giant")
    words = []
    invalid_bytes = peak = 0
    gc.collect()
    tracemalloc.start(1)
    try:
        for chunk in read_chunks(source, MEBIBYTE, squeeze=squeeze_exercise):
            peak = max(peak, tracemalloc.get_traced_memory()[1])
            words += squeeze_exercise(chunk.data.decode("utf-8", "replace")).split()
            invalid_bytes += chunk.invalid_bytes
            tracemalloc.reset_peak()  # what this test takes to look at a chunk is not the reader's
    finally:
        tracemalloc.stop()
    assert [word[:MAX_WORD_BYTES] for word in words] == expected
    assert invalid_bytes == (GiantRun.size if unit[:1] == b"\xff" else 0)
    assert 0 < peak < 8 * MEBIBYTE
