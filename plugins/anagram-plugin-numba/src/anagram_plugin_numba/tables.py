"""The rules of the tokenizer ``exercise`` for single bytes, and tables that compiled code looks things up in."""

from __future__ import annotations

import zlib
from typing import Final, NamedTuple

from anagram_plugin_numba.numbers import Bools, Uint32, Uint64, numbers_of, zeros
from pipeline_optimization.counting.totals import DEPTH

__all__ = ["INLINE_BYTES", "Tables", "is_kept", "is_separator", "make_tables"]

INLINE_BYTES: Final = 16
"""Tokens of up to this number of bytes are compared as two numbers of 64 bits."""


def is_kept(byte: int) -> bool:
    """Return whether a byte belongs to a word: an ASCII letter or digit."""
    return byte < 0x80 and chr(byte).isalnum()


def is_separator(byte: int) -> bool:
    """Return whether a single byte separates words. White space above 0x7F has several bytes, and is found separately."""
    return byte < 0x80 and (chr(byte).isspace() or byte == ord("-"))


class Tables(NamedTuple):
    """Tables that compiled code uses instead of computing and branching.

    Attributes:
        is_separator: Whether each byte separates words.
        masks: Four numbers for each length of a token from 0 to 17, where 17 stands for all longer ones. The first two are masks for the first
            and the second eight bytes: they keep the bytes that belong to the token. The third is 0, but for 17 a mark that makes the
            key of a long token one that no word has. The fourth means nothing.
        units: Two numbers for each byte, which it adds to the two sums of letter counts: 4 bits for each letter, a to m and n to z. A digit adds
            to a bit above those of the letters, so that no word of the lexicon has this sum. All other bytes add nothing.
        crc: The table of zlib for CRC-32: ``crc = crc[(crc ^ byte) & 255] ^ crc >> 8``.
        crc_of_length: The CRC-32 of as many zero bytes as a word is long.
        crc_masks: Masks for the two halves of a key, by length, for each of the lowest ``DEPTH`` bits of its CRC-32. For words of one length,
            CRC-32 is linear: each of its bits is that of ``crc_of_length``, flipped if an odd number of certain bits of the word are set. The
            masks say which bits these are. So these few bits are found without a loop over the bytes.
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
    """Return the entry of a byte in the table of CRC-32, with the reversed polynomial 0xEDB88320 (ISO 3309) as in zlib."""
    for _ in range(8):
        byte = (byte >> 1) ^ (0xEDB88320 if byte & 1 else 0)
    return byte


def _crc_masks() -> Uint64:
    # Which bits of the CRC does a single bit of a word flip? That is the difference to the CRC of zero bytes.
    masks = zeros("Q", 2 * DEPTH * (INLINE_BYTES + 2))
    for length in range(1, INLINE_BYTES + 1):
        for bit in range(8 * length):
            turned = zlib.crc32((1 << bit).to_bytes(length, "little")) ^ zlib.crc32(bytes(length))
            for of_crc in range(DEPTH):
                masks[2 * (DEPTH * length + of_crc) + bit // 64] |= (turned >> of_crc & 1) << bit % 64
    return masks
