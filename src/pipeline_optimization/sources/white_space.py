"""White space in UTF-8 bytes: the byte sequences of all characters for which ``str.isspace`` is true.

In UTF-8, valid or not, the byte sequence of a whole character occurs only where that character is decoded, because its first byte is never part of
another character. So searching for bytes is exact.
"""

from __future__ import annotations

__all__ = ["ASCII", "MAX_BYTES", "WIDE", "last_end"]

ASCII = tuple(bytes([code]) for code in (0x20, *range(0x09, 0x0E), *range(0x1C, 0x20)))
WIDE = tuple(
    chr(code).encode() for code in (0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000)
)
MAX_BYTES = 3

_FIRST_WINDOW = 256
_WINDOW_GROWTH = 16


def last_end(data: bytes | bytearray, start: int = 0) -> int:
    """Return where the last white space ends that begins at or after ``start``, or 0 if there is none.

    A small window at the end is searched first, because text nearly always has white space there.
    """
    window = _FIRST_WINDOW
    while True:
        low = max(start, len(data) - window)
        end = _last_end_from(data, low)
        if end or low == start:
            return end
        window *= _WINDOW_GROWTH


def _last_end_from(data: bytes | bytearray, low: int) -> int:
    end = max(data.rfind(space, low) for space in ASCII) + 1
    if not data[low:].isascii():
        for space in WIDE:
            found = data.rfind(space, max(low, end))
            if found >= 0:
                end = found + len(space)
    return end
