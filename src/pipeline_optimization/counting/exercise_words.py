"""The words of the reference tokenizer, counted on bytes by bulk operations.

``bytes.translate`` drops and lowers, and makes all white space line feeds. A text that has few of these side by side is
then read as lines, one object at a time; in others ``bytes.split`` passes over the gaps sooner.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from io import BytesIO
from typing import Final

from pipeline_optimization.sources import white_space

__all__ = ["ExerciseWords"]

PIECE: Final = 16 << 10
"""Bytes split at once: the words of a piece stay in the processor's cache until they are counted."""

LINES_PIECE: Final = 256 << 10
"""Bytes counted at once as lines. One call holds the interpreter's lock and lets no signal through: for 4 MiB, half a second."""

FEW_GAPS: Final = 4
"""Reading lines pays where there are so many times as many words as empty lines."""

ASCII: Final = bytes(range(0x80))
SPACE: Final = b"".join(white_space.ASCII) + b"-"
DROPPED: Final = bytes(b for b in range(0x100) if b not in SPACE and not (b < 0x80 and chr(b).isalnum()))
TABLE: Final = bytes(0x0A if b in SPACE else ord(chr(b).lower()) if b < 0x80 else b for b in range(0x100))


class ExerciseWords:
    """The words of some chunks. White space outside ASCII is rare, so it is dealt with only where it occurs."""

    def __init__(self) -> None:
        self._numbers: Counter[bytes] = Counter()
        self._are_lines = False

    def add(self, data: bytes) -> None:
        """Count the words of a chunk."""
        text = _clean(data)
        if not self._numbers:
            self._are_lines = _has_few_gaps(text[:PIECE])
        if self._are_lines:
            for piece in _pieces(text if text.endswith(b"\n") else text + b"\n", LINES_PIECE):
                self._numbers.update(BytesIO(piece))
        else:
            for piece in _pieces(text, PIECE):
                self._numbers.update(piece.split())

    def take(self) -> tuple[Collection[str], Collection[int]]:
        """Return the different words and how often each occurs, and forget them."""
        numbers, self._numbers = self._numbers, Counter()
        numbers.pop(b"\n", None)
        text = (b"" if self._are_lines else b"\n").join(numbers).removesuffix(b"\n").decode("ascii")
        return text.split("\n") if text else [], numbers.values()


def _clean(data: bytes) -> bytes:
    """Return lower-case letters, digits and line feeds. Bytes above 0x7F are dropped, but for white space.

    UTF-8 is self-synchronising, so a character's bytes are found by searching for them, even in invalid text.
    """
    if not data.isascii():
        wide = data.translate(None, ASCII)
        for space in white_space.WIDE:
            if space in wide:
                data = data.replace(space, b" ")
    return data.translate(TABLE, DROPPED)


def _has_few_gaps(text: bytes) -> bool:
    words = len(text.split())
    return FEW_GAPS * (text.count(b"\n") - words) < words


def _pieces(text: bytes, about: int) -> Iterator[bytes]:
    """Yield the text in pieces of about so many bytes that end at a line feed."""
    start, size = 0, len(text)
    while start < size:
        end = start + about
        if end < size:
            cut = text.rfind(b"\n", start, end)
            if cut < 0:
                cut = text.find(b"\n", end)
            end = size if cut < 0 else cut + 1
        yield text[start:end]
        start = end
