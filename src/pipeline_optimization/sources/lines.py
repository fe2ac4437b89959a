r"""Lines of sources: pieces that end at line ends, each identified by the number of bytes before it.

A line ends at ``\n`` or ``\r\n``. A last line without an end counts too. A line belongs to the range in which it begins. So a range of a plain file
is defined by its borders alone, and its reader looks for the line ends.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from pipeline_optimization.sources.compression import HEAD_BYTES
from pipeline_optimization.sources.encoding import (
    BYTE_ORDER_MARK,
    REPLACEMENT,
    REPLACEMENT_BYTES,
    UTF_8,
    TranscodedStream,
    encoding_in,
    looks_like,
    new_decoder,
)
from pipeline_optimization.sources.file_state import UNKNOWN
from pipeline_optimization.sources.random_access import open_random, read_once
from pipeline_optimization.sources.stream import InputStream

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence, Sized

    from pipeline_optimization.sources.random_access import RandomAccess
    from pipeline_optimization.sources.ranges import FileRange
    from pipeline_optimization.sources.source import Source

__all__ = ["CheckedStream", "LineNumbers", "cut_lines", "has_mark", "open_utf8", "read_line_range", "split_lines"]

COUNTED = 1 << 20
"""Bytes in which line ends are counted at once."""

LOOK = 1 << 16
"""Bytes in which the end of a line is searched at once."""


def open_utf8(source: Source, encoding: str = UTF_8) -> InputStream:
    """Open a source's text as UTF-8, decoded by its byte order mark or from ``encoding``. Raises InputError."""
    stream = InputStream(source.open(), source.name)
    head = stream.read(HEAD_BYTES)
    marked = encoding_in(head) if encoding == UTF_8 else encoding
    if marked is None:
        return InputStream(_Joined(head.removeprefix(BYTE_ORDER_MARK), stream), source.name)
    return TranscodedStream(stream, source.name, marked, head=head)


def cut_lines(source: Source, chunk_size: int, encoding: str = UTF_8) -> Iterator[tuple[int, bytes, int]]:
    """Yield pieces of whole lines, of about ``chunk_size`` bytes each.

    With each piece come the number of bytes of the text before it, and the number of sequences of another encoding that could not be decoded since
    the piece before. Raises InputError if the source cannot be read.
    """
    before = 0
    rest: list[bytes] = []
    with closing(open_utf8(source, encoding)) as stream:
        while block := stream.read(chunk_size):
            # A carriage return alone ends no line. In UTF-8 no byte of another character is a line feed, so bytes can
            # be searched.
            end = block.rfind(b"\n") + 1
            if not end:
                rest.append(block)
                continue
            piece = b"".join([*rest, block[:end]])
            yield before, piece, _undecoded(stream)
            before += len(piece)
            rest = [block[end:]]
        if piece := b"".join(rest):
            yield before, piece, _undecoded(stream)


def _undecoded(stream: InputStream) -> int:
    return stream.take_invalid() if isinstance(stream, TranscodedStream) else 0


def read_line_range(part: FileRange, size: int) -> tuple[int, bytes]:
    """Return the lines that begin in a range of a file of ``size`` bytes, and how many bytes come before the first.

    Raises InputError if the file cannot be read, or does not have the range's state any more.
    """
    with closing(open_random(part.path, part.state)) as file:
        # A line belongs to the range in which it begins. If the byte before the range ends a line, one begins with the
        # range.
        start = _next_line(file, part.start - 1, size) if part.start else 0
        if start >= part.stop:
            return start, b""
        stop = _next_line(file, part.stop - 1, size)
        data = file.read(start, stop - start)
        file.verify()
    return start, data


def has_mark(path: str, size: int, state: int = UNKNOWN) -> bool:
    """Return whether a file of ``size`` bytes begins with the byte order mark of UTF-8, which does not belong to its first line."""
    return size >= len(BYTE_ORDER_MARK) and read_once(path, 0, len(BYTE_ORDER_MARK), state) == BYTE_ORDER_MARK


def split_lines(data: bytes) -> tuple[Sequence[Sized], list[str]]:
    r"""Return the lines of a piece without their ends. Return with them objects that are as long as each line in bytes, ``\r`` included.

    Bytes that are not UTF-8 are replaced. That never changes the end of a line.
    """
    text = data.decode("utf-8", "replace")
    lines = text.split("\n")
    if not lines[-1]:
        del lines[-1]
    in_bytes: Sequence[Sized] = lines if data.isascii() else data.split(b"\n", len(lines))[: len(lines)]
    if "\r" in text:
        lines = [line.removesuffix("\r") for line in lines]
    return in_bytes, lines


def _next_line(file: RandomAccess, start: int, size: int) -> int:
    """Return where the line after the next line end begins, searching from ``start`` on."""
    while start < size:
        block = file.read(start, min(LOOK, size - start))
        if (end := block.find(b"\n")) >= 0:
            return start + end + 1
        start += len(block)
    return size


class CheckedStream(InputStream):
    """Reads a text unchanged, and counts the bytes of it that are not UTF-8 or could not be decoded."""

    def __init__(self, stream: InputStream) -> None:
        super().__init__(stream, stream.name)
        self._stream = stream
        self._decoder = new_decoder()
        self._invalid = 0
        self._looks = ""

    def take_found(self) -> tuple[int, str]:
        """Return how many there were since the last call, and what the first text with any looks like."""
        invalid, self._invalid = self._invalid + _undecoded(self._stream), 0
        return invalid, self._looks

    def _read_once(self, size: int) -> bytes:
        block = super()._read_once(size)
        is_plain = block.isascii() and not self._decoder.getstate()[0]
        found = (
            0
            if is_plain
            else self._decoder.decode(block, not block).count(REPLACEMENT) - block.count(REPLACEMENT_BYTES)
        )
        self._invalid += found
        self._looks = self._looks or looks_like(block, is_invalid=found > 0)
        return block


class LineNumbers:
    """Finds the numbers of lines in files by reading up to them. If possible, it goes on from the last place in that file."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[int, int]] = {}

    def number_of(self, path: str, start: int) -> int:
        """Return the number of the line that begins at byte ``start`` of a file, from 1. Raises InputError if it cannot be read."""
        at, number = self._last.get(path, (0, 1))
        if at > start:
            at, number = 0, 1
        with closing(open_random(path)) as file:
            while at < start:
                block = file.read(at, min(COUNTED, start - at))
                at += len(block)
                number += block.count(b"\n")
        self._last[path] = (at, number)
        return number


class _Joined:
    """Bytes that were read already, followed by the rest of their stream."""

    def __init__(self, head: bytes, rest: InputStream) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int, /) -> bytes:
        if not self._head:
            return self._rest.read(size)
        head, self._head = self._head[:size], self._head[size:]
        return head

    def close(self) -> None:
        self._rest.close()
