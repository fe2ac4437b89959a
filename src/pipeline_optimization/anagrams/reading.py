"""The sources of a run as one lazy stream of parts, with a record of what was read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from pipeline_optimization.pipeline.job import StopOf
from pipeline_optimization.sources import UTF_8, Source, StreamSource, TextSource, read_chunks
from pipeline_optimization.sources.encoding import Decoded

if TYPE_CHECKING:
    from pipeline_optimization.sources import FileRange

__all__ = ["Part", "Reading"]

MAX_FILES = 4096
"""The most files that are counted as one part, so that progress shows."""


def _unknown(path: str, start: int) -> int | None:
    return None


def _is_one_chunk(text: str, chunk_size: int) -> bool:
    """Return whether there is nothing to cut in a text, and nothing that decoding could change or doubt."""
    return len(text) < chunk_size and text.isascii() and "\0" not in text


@frozen(kw_only=True)
class Part:
    """One chunk of input, as data or as ranges of files.

    Attributes:
        data: The bytes, or empty.
        ranges: The ranges in which they can be read, or empty.
        size: Bytes.
        place: Where it comes from, for people.
    """

    data: bytes = b""
    ranges: Sequence[FileRange] = ()
    size: int
    place: str


@define(eq=False)
class Reading:
    """Cuts sources one after another. A word never spans two sources, because their borders end words.

    Attributes:
        sources: The sources.
        chunk_size: Bytes of a chunk.
        squeeze: The tokenizer's filter if it is character-wise (see ``Tokenizer``), or None.
        encoding: The encoding of files and streams.
        is_read_elsewhere: Whether other machines, which see the same files, read parts of them.
        stop_of: May know where the part of a file that begins at a byte ends, so that the file need not be read there.
        bytes_read: Bytes that were read. Those of ranges are added by ``note``.
        decoded: What was noticed while decoding. What was noticed in ranges is added by ``note``.
    """

    sources: Sequence[Source]
    chunk_size: int
    squeeze: Callable[[str], str] | None
    encoding: str = UTF_8
    is_read_elsewhere: bool = False
    stop_of: StopOf = _unknown
    bytes_read: int = 0
    decoded: Decoded = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.decoded = Decoded(self.encoding)

    def chunks(self) -> Iterator[bytes]:
        """Yield every chunk as bytes, in order. Raises InputError if a source cannot be read."""
        for source in self.sources:
            for part in self._read(source):
                yield part.data

    def parts(self, *, inline: bool) -> Iterator[Part]:
        """Yield the parts: ranges of plain files, with small files together, and data of all other sources. If ``inline``, all parts are data.

        A range, or small files together, may be several chunks (``RangeSizes``), because they are never in memory at once. The words of each part depend
        only on the sources, the chunk size and ``inline``. Raises InputError if a source cannot be read.
        """
        plain = self._plain()
        if any(size is not None for size, _ in plain):
            yield from self._with_ranges(plain, inline=inline)
            return
        for source in self.sources:
            yield from self._read(source)

    def _with_ranges(self, plain: Sequence[tuple[int | None, int]], *, inline: bool) -> Iterator[Part]:
        """Yield the parts of sources, some of which are plain files with a size and a state."""
        from pipeline_optimization.sources import (  # noqa: PLC0415 - texts and streams need none of it
            FileRange,
            RangeSizes,
            cut_file,
            is_plain_file,
        )

        sizes = [size for size, _ in plain]
        blocks = [-(-(size or 0) // self.chunk_size) for size in sizes]
        total = later = sum(blocks)
        small: list[FileRange] = []
        pending, most = 0, self.chunk_size
        for source, (size, state), count in zip(self.sources, plain, blocks, strict=True):
            if small and (size is None or pending + size > most or len(small) == MAX_FILES):
                yield from self._of(small, inline=inline)
                small, pending = [], 0
            later -= count
            if size is None or (size > self.chunk_size and not is_plain_file(source.name, size, state)):
                yield from self._read(source)
            elif size <= self.chunk_size:
                if not small and not inline:
                    most = self.chunk_size * RangeSizes(total=total, later=later)(count)
                small.append(FileRange(source.name, 0, size, state))
                pending += size
            else:
                cut = partial(
                    cut_file,
                    source.name,
                    size,
                    self.chunk_size,
                    state=state,
                    known_stop=partial(self.stop_of, source.name),
                )
                for part in cut() if inline else cut(blocks=RangeSizes(total=total, later=later)):
                    yield from self._of([part], inline=inline)
        if small:
            yield from self._of(small, inline=inline)

    def _plain(self) -> Sequence[tuple[int | None, int]]:
        """Return the size and the state of each source whose parts can be read where they are counted, and None and 0 for others."""
        if self.encoding != UTF_8 or all(isinstance(source, (TextSource, StreamSource)) for source in self.sources):
            return [(None, 0)] * len(self.sources)
        from pipeline_optimization.sources import FileSource, UrlSource  # noqa: PLC0415 - texts and streams need neither

        return [
            source.plain_facts(is_shared=self.is_read_elsewhere)
            if isinstance(source, (FileSource, UrlSource))  # a tuple is faster than a union, and there may be very many
            else (None, 0)
            for source in self.sources
        ]

    def _read(self, source: Source) -> Iterator[Part]:
        if isinstance(source, TextSource) and _is_one_chunk(source.text, self.chunk_size):
            data = source.text.encode()
            self.bytes_read += len(data)
            if data and not data.isspace():
                yield Part(data=data, size=len(data), place=f"{source.name}, chunk 1")
            return
        chunks = read_chunks(source, self.chunk_size, squeeze=self.squeeze, encoding=self.encoding)
        for number, chunk in enumerate(chunks, start=1):
            size = len(chunk.data)
            place = f"{source.name}, chunk {number}"
            self.note(size, chunk.invalid_bytes, chunk.looks, place)
            yield Part(data=chunk.data, size=size, place=place)

    def note(self, size: int, invalid_bytes: int, looks: str, place: str) -> None:
        """Add what was found in a part that was read, here or elsewhere."""
        self.bytes_read += size
        if invalid_bytes or looks:
            self.decoded.note(invalid_bytes, looks, place)

    def warnings(self) -> Sequence[str]:
        """Return a warning if the encoding may have made words wrong."""
        return self.decoded.warnings("words") if self.decoded.invalid_bytes or self.decoded.looks else ()

    def _of(self, ranges: Sequence[FileRange], *, inline: bool) -> Iterator[Part]:
        from pipeline_optimization.sources import read_ranges, total_size  # noqa: PLC0415 - as above

        first, last = ranges[0], ranges[-1]
        where = (
            f"{first.path}, bytes {first.start:,} to {first.stop:,}"
            if len(ranges) == 1
            else f"{len(ranges)} files, {first.path} to {last.path}"
        )
        size = total_size(ranges)
        if not inline:
            yield Part(ranges=ranges, size=size, place=where)
            return
        for chunk in read_ranges(ranges, self.chunk_size, self.squeeze):
            self.note(len(chunk.data), chunk.invalid_bytes, chunk.looks, where)
            yield Part(data=chunk.data, size=len(chunk.data), place=where)
