"""Chunks: the bytes of a source, cut at white space."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, BinaryIO

from attrs import evolve, frozen

from pipeline_optimization.errors import OptionError
from pipeline_optimization.sources import white_space
from pipeline_optimization.sources.encoding import (
    BYTE_ORDER_MARK,
    HEAD_BYTES,
    UTF_8,
    TranscodedStream,
    count_invalid,
    encoding_in,
    looks_like,
)
from pipeline_optimization.sources.source import TextSource
from pipeline_optimization.sources.squeezing import MAX_WORD_BYTES, shorten, squeeze_run
from pipeline_optimization.sources.stream import InputStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_optimization.sources.source import Source
    from pipeline_optimization.sources.squeezing import Squeeze

__all__ = ["Chunk", "ChunkCutter", "cut_stream", "longest_run", "read_chunks"]

MIN_RUN_BYTES = 1 << 16


@frozen(kw_only=True)
class Chunk:
    """Whole words of a source, as bytes.

    Attributes:
        data: The bytes, in UTF-8.
        invalid_bytes: How many replacement characters decoding the source's bytes as UTF-8 with ``errors="replace"`` inserts in this stretch. A
            U+FFFD in the source itself does not count. In a text of another encoding, it is what could not be decoded.
        looks: What a text with such bytes looks like (``looks_like``), or empty.
    """

    data: bytes
    invalid_bytes: int
    looks: str = ""

    @classmethod
    def of(cls, data: bytes, *, squeezed_invalid: int = 0) -> Chunk:
        """Return the chunk of UTF-8 bytes. ``squeezed_invalid`` counts invalid bytes that squeezing has removed."""
        invalid = squeezed_invalid + count_invalid(data)
        return cls(data=data, invalid_bytes=invalid, looks=looks_like(data, is_invalid=invalid > 0))


def read_chunks(
    source: Source, chunk_size: int, *, squeeze: Squeeze | None = None, encoding: str = UTF_8
) -> Iterator[Chunk]:
    """Read ``source`` lazily, and yield chunks of about ``chunk_size`` bytes that split no word and no character.

    The words of the chunks, one after another, are the words of the source, whatever ``chunk_size`` is. The cuts depend only on the source's bytes,
    ``chunk_size`` and ``squeeze``. A byte order mark at the start is dropped, and chunks that have only ASCII white space are left out.

    Args:
        source: The source.
        chunk_size: Bytes of a chunk, about.
        squeeze: A filter (``squeezing.Squeeze``). With it, a run without white space that is longer than ``chunk_size`` and 64 KiB is squeezed while
            it is read, and any word of over ``MAX_WORD_BYTES`` in it is shortened, so that memory stays bounded. Without it, such a run is kept
            whole.
        encoding: The encoding of the source's bytes (``check_encoding``), unless a byte order mark tells another one or the source is a text in
            memory. Chunks are in UTF-8.

    Raises:
        OptionError: At once, if ``chunk_size`` is not positive.
        InputError: While reading, if the source cannot be read.
    """
    if chunk_size < 1:
        msg = f"The chunk size is {chunk_size}, but must be at least 1 byte; about 1 MiB (1048576) suits most inputs"
        raise OptionError(msg)
    return _cut(source, chunk_size, squeeze, encoding)


def _cut(source: Source, chunk_size: int, squeeze: Squeeze | None, encoding: str) -> Iterator[Chunk]:
    if isinstance(source, TextSource):  # nothing can go wrong with a text in memory
        with source.open() as text:
            yield from _cut_utf8(text, b"", chunk_size, squeeze, is_start=True)
        return
    with closing(InputStream(source.open(), source.name)) as stream:
        yield from cut_stream(stream, chunk_size, squeeze, encoding=encoding)


def cut_stream(
    stream: InputStream, chunk_size: int, squeeze: Squeeze | None, *, is_start: bool = True, encoding: str = UTF_8
) -> Iterator[Chunk]:
    """Yield the chunks of an open stream, as ``read_chunks`` does. ``is_start``: it may begin with a byte order mark."""
    head = stream.read(HEAD_BYTES)
    marked = encoding_in(head) if is_start and encoding == UTF_8 else None
    if marked is None and encoding == UTF_8:
        yield from _cut_utf8(stream, head, chunk_size, squeeze, is_start=is_start)
        return
    transcoded = TranscodedStream(stream, stream.name, marked or encoding, head=head)
    for chunk in _cut_utf8(transcoded, b"", chunk_size, squeeze, is_start=is_start):
        yield evolve(chunk, invalid_bytes=chunk.invalid_bytes + transcoded.take_invalid())
    if invalid := transcoded.take_invalid():
        yield Chunk(data=b"", invalid_bytes=invalid)


def _cut_utf8(
    stream: InputStream | BinaryIO, head: bytes, chunk_size: int, squeeze: Squeeze | None, *, is_start: bool
) -> Iterator[Chunk]:
    """Yield the chunks of a stream of UTF-8, the beginning of which, ``head``, was read already."""
    cutter = ChunkCutter(squeeze, max_run_bytes=longest_run(chunk_size), max_word_bytes=MAX_WORD_BYTES)
    block = head + stream.read(max(0, len(BYTE_ORDER_MARK) - len(head)))
    if is_start:
        block = block.removeprefix(BYTE_ORDER_MARK)
    block += stream.read(max(0, chunk_size - len(block)))
    while len(block) >= chunk_size:  # an InputStream is short only at the end
        chunk = cutter.feed(block)
        if chunk is not None:
            yield chunk
        block = stream.read(chunk_size)
    chunk = cutter.finish(block)
    if chunk is not None:
        yield chunk


def longest_run(chunk_size: int) -> int:
    """Return how many bytes without white space are kept unchanged. A longer run is squeezed."""
    return max(chunk_size, MIN_RUN_BYTES)


class ChunkCutter:
    """Cuts the blocks that it is fed at their last white space, and keeps the rest for the next chunk.

    The rest never contains white space, so each byte is searched once. If the rest gets longer than ``max_run_bytes``, its squeezed form replaces it.
    Squeezing is idempotent, so later bytes can follow unchanged.
    """

    def __init__(self, squeeze: Squeeze | None, *, max_run_bytes: int, max_word_bytes: int) -> None:
        self._squeeze = squeeze
        self._max_run_bytes = max_run_bytes
        self._max_word_bytes = max_word_bytes
        self._rest = bytearray()
        self._squeezed_bytes = 0  # how many bytes of the rest, from its start, are squeezed already
        self._invalid_bytes = 0  # found while squeezing the rest

    def feed(self, block: bytes) -> Chunk | None:
        """Add ``block``. Return a chunk if there is a place to cut, and a word or an invalid byte before it."""
        start = max(0, len(self._rest) - white_space.MAX_BYTES + 1)
        self._rest += block
        cut = white_space.last_end(self._rest, start)
        if cut:
            self._squeezed_bytes = 0
        elif self._squeeze is not None and len(self._rest) - self._squeezed_bytes > self._max_run_bytes:
            cut = self._squeeze_rest(self._squeeze)
        return self._take(cut) if cut else None

    def finish(self, block: bytes) -> Chunk | None:
        """Add the last block, which needs no cut. Return all that is left."""
        self._rest += block
        return self._take(len(self._rest))

    def _squeeze_rest(self, squeeze: Squeeze) -> int:
        """Squeeze the rest. Return where it can be cut now, because the filter made white space, or 0."""
        run = squeeze_run(self._rest, squeeze)
        self._invalid_bytes += run.invalid_bytes
        cut = white_space.last_end(run.data)
        word = shorten(run.data, cut, self._max_word_bytes)
        self._squeezed_bytes = len(word)
        self._rest = run.data[:cut] + word + run.held
        return cut

    def _take(self, cut: int) -> Chunk | None:
        with memoryview(self._rest)[:cut] as view:
            data = view.tobytes()
        del self._rest[:cut]
        chunk = Chunk.of(data, squeezed_invalid=self._invalid_bytes)
        self._invalid_bytes = 0
        is_empty = not data or data.isspace()
        return None if is_empty and not chunk.invalid_bytes else chunk
