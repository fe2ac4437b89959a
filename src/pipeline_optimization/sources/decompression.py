"""A stream that decompresses, and never presents damaged or cut-off data as complete.

If a second bzip2 or xz stream is damaged, the standard library's readers take it for trailing rubbish and stop silently. This one reads every member,
and raises for anything that is no compressed data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, cast

from pipeline_optimization.errors import InputError
from pipeline_optimization.plural import counted
from pipeline_optimization.sources.compression import HEAD_BYTES, compression_in, load_decompressor
from pipeline_optimization.sources.stream import BLOCK_BYTES, InputStream

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_optimization.sources.compression import Compression, Decompressor
    from pipeline_optimization.sources.stream import Readable

__all__ = ["DecompressedStream", "Headed", "open_by_content", "open_decompressed"]

_HEAD_BYTES = 6  # the longest magic


def open_decompressed(open_raw: Callable[[], Readable], name: str, compression: Compression | None) -> BinaryIO:
    """Open a stream of the decompressed bytes. If ``compression`` is None, their beginning tells it.

    Raises MissingDependencyError. If ``compression`` is given, that is before ``open_raw`` is called.
    """
    if compression is None:
        return open_by_content(open_raw(), name)
    load_decompressor(compression, name)
    # typeshed does not relate BufferedIOBase to BinaryIO
    return cast("BinaryIO", DecompressedStream(open_raw(), name, compression))


def open_by_content(raw: Readable, name: str, *, owns_raw: bool = True) -> BinaryIO:
    """Return a stream of the bytes of ``raw``, decompressed if they begin as a compressed file does."""
    plain = InputStream(raw, name, owns_raw=owns_raw)
    try:
        head = plain.read(HEAD_BYTES)
        compression = compression_in(head)
        if compression is not None:
            load_decompressor(compression, name)
    except BaseException:
        plain.close()
        raise
    rest = Headed(head, plain)
    stream = InputStream(rest, name) if compression is None else DecompressedStream(rest, name, compression)
    return cast("BinaryIO", stream)


class Headed:
    """A stream whose first bytes were read already."""

    def __init__(self, head: bytes, rest: Readable) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int, /) -> bytes | None:
        if not self._head:
            return self._rest.read(size)
        data, self._head = self._head[:size], self._head[size:]
        return data

    def close(self) -> None:
        self._rest.close()


class DecompressedStream(InputStream):
    """Decompresses all members of ``raw``. Zero padding after a member is skipped, as gzip and xz define it.

    A file of 0 bytes is an error too: every format has a header, so its data never arrived.
    """

    def __init__(self, raw: Readable, name: str, compression: Compression) -> None:
        super().__init__(raw, name)
        self._compression = compression
        self._member: Decompressor | None = None
        self._members_read = 0
        self._input = b""  # read from raw, and not yet given to a member
        self._head = b""  # the first bytes of the current member

    def _read_once(self, size: int) -> bytes:
        while size and (member := self._member or self._next_member()) is not None:
            output = self._decompress(member, size)
            if member.eof:
                self._input = member.unused_data
                self._member = None
                self._members_read += 1
            if output:
                return output
        return b""

    def _next_member(self) -> Decompressor | None:
        """Start the next member. Return None at the end of the data."""
        padding = b"\0" if self._members_read else b""
        data = self._input.lstrip(padding)
        while not data:
            block = super()._read_once(BLOCK_BYTES)
            if not block:
                if not self._members_read:
                    raise self._error("is empty: 0 bytes are no", "data")
                self._input = b""
                return None
            data = block.lstrip(padding)
        self._input = data
        self._head = b""
        self._member = self._compression.new()
        return self._member

    def _decompress(self, member: Decompressor, size: int) -> bytes:
        data, self._input = self._input, b""
        if not data and member.needs_input:
            data = super()._read_once(BLOCK_BYTES)
            if not data:
                raise self._error(
                    "is truncated", f"data: it ends after {counted(self._offset, 'byte')}, before its end marker"
                )
        if len(self._head) < _HEAD_BYTES:
            self._head = (self._head + data)[:_HEAD_BYTES]
        try:
            return member.decompress(data, size)
        except MemoryError:
            raise
        except Exception as error:  # each module's own: zlib.error, LZMAError, ZstdError, OSError for bzip2
            raise self._damage(error) from error

    def _damage(self, error: Exception) -> InputError:
        if "requires too much memory" in str(error):
            return InputError(
                f"{self._name!r} was compressed with a window of over 128 MiB (zstd --long=28 or more), which takes as much "
                f"memory to read. Decompress it first: zstd -d --long=31 {self._name}",
                source=self._name,
            )
        if self._head.startswith(self._compression.magic):
            return self._error("is damaged", f"data: {error}, in the first {self._offset:,} bytes")
        if self._members_read:
            return self._error("has something else after its", f"data, in the first {self._offset:,} bytes: {error}")
        suffix = self._compression.suffix
        text = f"{self._name!r} is no {self._compression.name} data: {error}; rename it if {suffix!r} is not its format"
        return InputError(f"{text}, or fetch it again", source=self._name)

    def _error(self, before: str, after: str) -> InputError:
        text = f"{self._name!r} {before} {self._compression.name} {after}; fetch it again"
        return InputError(text, source=self._name)
