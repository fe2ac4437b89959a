"""Facts about UTF-8 that chunks need: the byte order mark, and how many bytes of a text are not UTF-8."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["BYTE_ORDER_MARK", "REPLACEMENT", "REPLACEMENT_BYTES", "count_invalid", "decode_pieces", "new_decoder"]

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
REPLACEMENT_BYTES = REPLACEMENT.encode()

_PIECE_BYTES = 1 << 16


def new_decoder() -> codecs.IncrementalDecoder:
    """Return a decoder that replaces what is not UTF-8 and holds back a character that is not complete yet."""
    return codecs.getincrementaldecoder("utf-8")(errors="replace")


def decode_pieces(data: bytes | bytearray, decoder: codecs.IncrementalDecoder) -> Iterator[str]:
    """Decode ``data`` piece by piece, as a megabyte of bytes can be 4 MiB of text."""
    for start in range(0, len(data), _PIECE_BYTES):
        yield decoder.decode(bytes(data[start : start + _PIECE_BYTES]))


def count_invalid(data: bytes) -> int:
    """Count the replacement characters that decoding with ``errors="replace"`` would insert.

    Those that the data itself contains are not counted.
    """
    if data.isascii():
        return 0
    decoder = new_decoder()
    replacements = sum(text.count(REPLACEMENT) for text in decode_pieces(data, decoder))
    replacements += decoder.decode(b"", final=True).count(REPLACEMENT)
    return replacements - data.count(REPLACEMENT_BYTES)
