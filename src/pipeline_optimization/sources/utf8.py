"""Facts about UTF-8 that chunks need: the byte order mark, bytes that are no UTF-8, and what a text with such bytes looks like."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "BINARY",
    "BYTE_ORDER_MARK",
    "DAMAGED",
    "OTHER",
    "REPLACEMENT",
    "REPLACEMENT_BYTES",
    "count_invalid",
    "decode_pieces",
    "looks_like",
    "new_decoder",
]

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
REPLACEMENT_BYTES = REPLACEMENT.encode()

_PIECE_BYTES = 1 << 16

BINARY = "binary data"
DAMAGED = "UTF-8 with damaged bytes"
OTHER = "an older encoding, such as cp1251, shift_jis or gb18030"

SAMPLE = 4096
"""Bytes at the start of a chunk in which NUL characters are looked for: few, as every chunk is asked."""

MANY = 0.3
"""The part of a sample that must be NUL, of the places where UTF-16 or UTF-32 has them in most languages."""


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


def looks_like(data: bytes, *, is_invalid: bool) -> str:
    """Return what a chunk looks like: a Python encoding or one of the constants; "" for a text like any other.

    ``is_invalid`` says that it has bytes that are not UTF-8.
    """
    head = data[:SAMPLE]
    if b"\0" in head:
        return _with_nuls(head)
    return _eight_bits(_around_first_invalid(data)) if is_invalid else ""


def _with_nuls(sample: bytes) -> str:
    nuls = [sample[place::4].count(0) / max(1, len(sample[place::4])) for place in range(4)]
    if min(nuls[1:]) > MANY and nuls[0] < MANY:
        return "utf-32-le"
    if min(nuls[:3]) > MANY and nuls[3] < MANY:
        return "utf-32-be"
    if min(nuls[1], nuls[3]) > MANY > max(nuls[0], nuls[2]):
        return "utf-16-le"
    if min(nuls[0], nuls[2]) > MANY > max(nuls[1], nuls[3]):
        return "utf-16-be"
    return BINARY


def _around_first_invalid(data: bytes) -> bytes:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return data[max(0, error.start - SAMPLE // 2) : error.start + SAMPLE]
    return data[:SAMPLE]


def _eight_bits(sample: bytes) -> str:
    controls = sum(sample.count(code) for code in (*range(1, 8), *range(14, 27), 0x7F))
    if controls > len(sample) / 50:
        return BINARY
    text = sample.decode("utf-8", "replace")
    wide = sum(not char.isascii() and char != "\N{REPLACEMENT CHARACTER}" for char in text)
    high = [byte for byte in sample if byte >= 0x80]
    if wide > text.count("\N{REPLACEMENT CHARACTER}"):
        return DAMAGED
    letters = sum(97 <= byte | 0x20 <= 122 for byte in sample)
    if len(high) > letters / 2 or any(byte in {0x81, 0x8D, 0x8F, 0x90, 0x9D} for byte in high):
        return OTHER
    return "cp1252" if any(byte < 0xA0 for byte in high) else "latin-1"
