"""The sources of a run as one lazy stream of chunks, with a record of what was read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from attrs import define

from pipeline_optimization.sources import Source, read_chunks

__all__ = ["Reading"]


@define(eq=False)
class Reading:
    """Reads sources one after the other. A chunk never spans two sources, so their borders end words.

    ``squeeze`` is the tokenizer's filter if it is character-wise (see ``Tokenizer``), else None.
    """

    sources: Sequence[Source]
    chunk_size: int
    squeeze: Callable[[str], str] | None
    bytes_read: int = 0
    invalid_bytes: int = 0

    def chunks(self) -> Iterator[bytes]:
        """Yield the chunks; raises InputError where a source cannot be read."""
        for source in self.sources:
            for chunk in read_chunks(source, self.chunk_size, squeeze=self.squeeze):
                self.bytes_read += len(chunk.data)
                self.invalid_bytes += chunk.invalid_bytes
                yield chunk.data
