"""What each byte does to a token under the tokenizer ``exercise``, as tables for the compiled code."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["INLINE_BYTES", "ByteClasses", "make_byte_classes"]

INLINE_BYTES: Final = 16
"""Tokens of up to as many bytes are compared as two 64-bit numbers."""


class ByteClasses(NamedTuple):
    """Tables of 256 entries by byte value, and the masks by token length.

    ``lower`` is the byte in lower case; ``is_kept`` and ``is_separator`` are 0 or 1, as numbers to be added.
    ``masks`` has four numbers for each length from 0 to 17: what of the first and of the second eight bytes belongs
    to the token, a mark, and nothing. The mark makes the key of all longer tokens (17) one that no word has.
    ``units`` has two numbers for each byte: what a letter adds to the sums of letter counts, 4 bits a letter, a to m
    and n to z. Anything but a lower-case letter adds to the bits from 52 on of the second sum.
    ``crc`` is zlib's table: ``crc = crc[(crc ^ byte) & 255] ^ crc >> 8``.
    """

    lower: NDArray[np.uint8]
    is_kept: NDArray[np.uint64]
    is_separator: NDArray[np.uint64]
    masks: NDArray[np.uint64]
    units: NDArray[np.uint64]
    crc: NDArray[np.uint32]


def make_byte_classes() -> ByteClasses:
    """Build the tables. Bytes above 0x7F are dropped; the white space among them is found apart."""
    lower = np.zeros(256, np.uint8)
    is_kept = np.zeros(256, np.uint64)
    is_separator = np.zeros(256, np.uint64)
    for byte in range(0x80):
        char = chr(byte)
        if char.isalnum():
            lower[byte] = ord(char.lower())
            is_kept[byte] = 1
        elif char.isspace() or char == "-":
            is_separator[byte] = 1
    masks = np.zeros((INLINE_BYTES + 2, 4), np.uint64)
    for length in range(INLINE_BYTES + 1):
        masks[length, 0] = (1 << 8 * min(length, 8)) - 1
        masks[length, 1] = (1 << 8 * max(length - 8, 0)) - 1
    masks[INLINE_BYTES + 1, 2] = 1 << 63
    return ByteClasses(lower, is_kept, is_separator, masks.ravel(), _units(), _crc_table())


def _units() -> NDArray[np.uint64]:
    units = np.zeros((256, 2), np.uint64)
    units[:, 1] = 1 << 52
    for letter in range(26):
        half, place = divmod(letter, 13)
        units[ord("a") + letter] = 0
        units[ord("a") + letter, half] = 1 << 4 * place
    return units.ravel()


def _crc_table() -> NDArray[np.uint32]:
    """Return the table of CRC-32 with the reversed polynomial 0xEDB88320 (ISO 3309), as zlib has it."""
    table = np.zeros(256, np.uint32)
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (0xEDB88320 if value & 1 else 0)
        table[byte] = value
    return table
