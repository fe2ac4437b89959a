"""The text rule of the tokenizer ``exercise`` for single bytes, and tables that the compiled code reads."""

from __future__ import annotations

import zlib
from typing import Final, NamedTuple

from anagram_plugin_numba.numbers import Bools, Uint32, Uint64, numbers_of, zeros
from pipeline_optimization.counting.totals import DEPTH

__all__ = ["INLINE_BYTES", "Tables", "is_kept", "is_separator", "make_tables"]

INLINE_BYTES: Final = 16
"""Tokens of up to this number of bytes are compared as two 64-bit numbers."""


def is_kept(byte: int) -> bool:
    return byte < 0x80 and chr(byte).isalnum()


def is_separator(byte: int) -> bool:
    """Return whether a byte alone is a separator. White space above 0x7F has several bytes, and is looked for elsewhere."""
    return byte < 0x80 and (chr(byte).isspace() or byte == ord("-"))


class Tables(NamedTuple):
    """Tables by byte value, and the masks by token length.

    ``masks`` has four numbers for each length from 0 to 17: what of the first and of the second eight bytes belongs
    to the token, a mark, and nothing. The mark makes the key of all longer tokens (17) one that no word has.
    ``units`` has two numbers for each byte: what it adds to the sums of letter counts, 4 bits a letter, a to m and n to
    z. A digit adds to the bits above those of the letters, so that the sums are those of no word; others add nothing.
    ``crc`` is zlib's table: ``crc = crc[(crc ^ byte) & 255] ^ crc >> 8``. Of words of one length CRC-32 is linear, so each
    of its bits is that of ``crc_of_length``, the CRC of that number of zero bytes, turned by the parity of some bits of the
    word: ``crc_masks`` has which, as masks of both halves of a key, for each length and the lowest ``DEPTH`` bits.
    """

    is_separator: Bools
    masks: Uint64
    units: Uint64
    crc: Uint32
    crc_of_length: Uint32
    crc_masks: Uint64


def make_tables() -> Tables:
    masks = zeros("Q", 4 * (INLINE_BYTES + 2))
    for length in range(INLINE_BYTES + 1):
        masks[4 * length] = (1 << 8 * min(length, 8)) - 1
        masks[4 * length + 1] = (1 << 8 * max(length - 8, 0)) - 1
    masks[4 * (INLINE_BYTES + 1) + 2] = 1 << 63
    return Tables(
        is_separator=memoryview(bytearray(map(is_separator, range(256)))).cast("?"),
        masks=masks,
        units=_units(),
        crc=numbers_of("I", map(_crc_of_byte, range(256))),
        crc_of_length=numbers_of("I", (zlib.crc32(bytes(length)) for length in range(INLINE_BYTES + 2))),
        crc_masks=_crc_masks(),
    )


def _units() -> Uint64:
    units = zeros("Q", 2 * 256)
    for letter in range(26):
        half, place = divmod(letter, 13)
        units[2 * (ord("a") + letter) + half] = 1 << 4 * place
    for digit in range(ord("0"), ord("9") + 1):
        units[2 * digit] = 1 << 52
    return units


def _crc_of_byte(byte: int) -> int:
    """Return what the table of CRC-32 with the reversed polynomial 0xEDB88320 (ISO 3309) has for a byte, as zlib has it."""
    for _ in range(8):
        byte = (byte >> 1) ^ (0xEDB88320 if byte & 1 else 0)
    return byte


def _crc_masks() -> Uint64:
    masks = zeros("Q", 2 * DEPTH * (INLINE_BYTES + 2))
    for length in range(1, INLINE_BYTES + 1):
        for bit in range(8 * length):
            turned = zlib.crc32((1 << bit).to_bytes(length, "little")) ^ zlib.crc32(bytes(length))
            for of_crc in range(DEPTH):
                masks[2 * (DEPTH * length + of_crc) + bit // 64] |= (turned >> of_crc & 1) << bit % 64
    return masks
