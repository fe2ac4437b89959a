"""A binary stream whose reads are never short before the end, and whose failures are input errors."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Protocol

from pipeline_optimization.errors import InputError
from pipeline_optimization.sources.failure import unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["InputStream", "Readable"]

BLOCK_BYTES = 1 << 16


class Readable(Protocol):
    """The methods that an ``InputStream`` needs of the stream below it. ``read`` may return less than it was asked for."""

    def read(self, size: int, /) -> bytes | None: ...

    def close(self) -> None: ...


class InputStream(io.BufferedIOBase):
    """Reads ``raw`` under the name that the user gave it.

    ``read(n)`` returns n bytes unless the end comes first, in whatever portions ``raw`` returns them. So what is cut from the stream depends only on
    its content, and not on the timing of a pipe. It asks ``raw`` for nothing beyond these n bytes, and for nothing after the end. ``close`` closes
    ``raw`` only if ``owns_raw``.
    """

    def __init__(self, raw: Readable, name: str, *, owns_raw: bool = True) -> None:
        super().__init__()
        self._raw = raw
        self._name = name
        self._owns_raw = owns_raw
        self._offset = 0
        self._is_at_end = False

    @property
    def name(self) -> str:
        return self._name

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        blocks = list(self._blocks(size))
        return blocks[0] if len(blocks) == 1 else b"".join(blocks)

    def read1(self, size: int = -1, /) -> bytes:
        return self._read_once(BLOCK_BYTES if size < 0 else size)

    def close(self) -> None:
        if self._owns_raw and not self.closed:
            self._raw.close()
        super().close()

    def _blocks(self, size: int | None) -> Iterator[bytes]:
        if size is None or size < 0:
            while block := self._read_once(BLOCK_BYTES):
                yield block
            return
        while size > 0 and (block := self._read_once(size)):
            size -= len(block)
            yield block

    def _read_once(self, size: int) -> bytes:
        """Read ``raw`` once. An empty result means the end, for good."""
        if self._is_at_end or size == 0:
            return b""
        try:
            block = self._raw.read(size)
        except (InputError, MemoryError):
            raise
        except Exception as error:  # any type: aiohttp's and botocore's errors are no OSErrors
            raise unreadable(self._name, error, after=self._offset) from error
        if not isinstance(block, bytes | bytearray | memoryview):
            raise self._wrong_block(block)
        self._offset += len(block)
        self._is_at_end = not block
        return bytes(block)

    def _wrong_block(self, block: object) -> InputError:
        if block is None:
            text = f"{self._name!r} has no data ready: it is a non-blocking stream; open it in blocking mode"
        else:
            kind = type(block).__name__
            text = (
                f"{self._name!r} returned {kind} instead of bytes; open it in binary mode (sys.stdin.buffer, mode 'rb')"
            )
        return InputError(text, source=self._name)
