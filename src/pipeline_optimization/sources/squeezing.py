"""Squeezing: reading a giant run without white space in bounded memory.

A file may contain 500 MB without white space: a disk image, minified data, a row of dots. For finding its words, only the characters that a filter
lets through are needed. So only these are kept of such a run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pipeline_optimization.sources.encoding import REPLACEMENT, REPLACEMENT_BYTES, decode_pieces, new_decoder

__all__ = ["MAX_WORD_BYTES", "Squeeze", "SqueezedRun", "shorten", "squeeze_run"]

MAX_WORD_BYTES = 1 << 16
"""A word of a giant run is shortened if it is longer than this after squeezing.

It stays one word of at least about this many bytes. Nobody writes words of over 1000 letters, so it matches none. All counts stay exact; only the
text of that word differs.
"""

Squeeze = Callable[[str], str]
"""A filter of characters. It maps each character by itself, keeps white space as white space, and is idempotent.

The words of a text are then what white space separates in its squeezed text.
"""


class SqueezedRun(NamedTuple):
    """The rest of a run. ``held`` are up to 3 unchanged bytes from its end, which may begin a character."""

    data: bytearray  # not copied to bytes, because it is large if the chunk size is
    held: bytes
    invalid_bytes: int


def squeeze_run(run: bytes | bytearray, squeeze: Squeeze) -> SqueezedRun:
    """Squeeze ``run`` piece by piece, so that its decoded text is never in memory as a whole."""
    decoder = new_decoder()
    data = bytearray()
    replacements = 0
    for text in decode_pieces(run, decoder):
        replacements += text.count(REPLACEMENT)
        data += squeeze(text).encode()
    held = decoder.getstate()[0]
    return SqueezedRun(data=data, held=held, invalid_bytes=replacements - run.count(REPLACEMENT_BYTES))


def shorten(data: bytearray, start: int, max_bytes: int) -> bytes:
    """Return at most ``max_bytes`` of ``data`` from ``start`` on, as valid UTF-8, without splitting a character."""
    return data[start : start + max_bytes].decode(errors="ignore").encode()
