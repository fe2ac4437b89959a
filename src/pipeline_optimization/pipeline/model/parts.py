"""The parts of an input. A bundle begins with one. How parts are cut depends on the input alone, so that a later run finds the same ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from attrs import frozen

from pipeline_optimization.pipeline.model.contents import Contents, LinePiece, LineRange, Members
from pipeline_optimization.pipeline.model.elements import name_of
from pipeline_optimization.sources import UNKNOWN, FileRange, FileSource, Source, is_plain_file
from pipeline_optimization.sources.lines import cut_lines, has_mark

__all__ = ["TOGETHER", "Number", "Part", "all_together", "line_parts", "together"]

SHARE = 16
"""A part of a large file is one sixteenth of what is left of it. So parts are large at first, which makes fewer of them, and small at the end, so
that all workers end together."""

LARGE = 64 << 20
"""While more bytes than this are left of a file, its parts may be larger than the chunk size."""

GROWN = 8
"""The most chunk sizes in a part."""

TOGETHER = 1000
"""Values or rows in one part, at most."""


@frozen(kw_only=True)
class Part:
    """The part of the input with which one bundle begins.

    Attributes:
        name: A name that no other part of the run has.
        contents: The elements.
        place: Where it comes from, for people.
        size: Bytes of input, or 0 if ``contents`` tells.
        invalid_bytes: How many sequences of bytes became U+FFFD when this process decoded the text.
        looks: What a text with such bytes looks like.
    """

    name: str
    contents: Contents
    place: str
    size: int = 0
    invalid_bytes: int = 0
    looks: str = ""


Number = Callable[[], int]


def all_together() -> int:
    """Return how many values are in one part at most."""
    return TOGETHER


def together(
    number: int, values: Iterable[Any], what: str, *, first: int = 0, at_once: Number = all_together
) -> Iterator[Part]:
    """Yield parts of the values of source ``number``, whose places count from ``first``. ``what`` is their name for people.

    ``at_once`` returns how many of them to put into the next part.
    """
    iterator = iter(values)
    while members := list(islice(iterator, at_once())):
        contents = Members(number, first, members, what)
        # The name has the same form as that of a rest of a part, so that no two bundles have one name.
        yield Part(name=name_of((number, first)), contents=contents, place=contents.describe(what))
        first += len(members)


def line_parts(number: int, source: Source, chunk_size: int, *, encoding: str, inline: bool) -> Iterator[Part]:
    """Yield parts of the lines of source ``number``: ranges of a plain file, or pieces of the text if it is no plain file or ``inline``."""
    size, state = (
        source.plain_facts()
        if isinstance(source, FileSource) and encoding == "utf-8" and not inline
        else (None, UNKNOWN)
    )
    if size is None or not is_plain_file(source.name, size, state) or has_mark(source.name, size, state):
        lines = 0
        for before, text, invalid in cut_lines(source, chunk_size, encoding):
            piece = LinePiece(number, before, lines, text)
            yield Part(
                name=f"{number}:{before}",
                contents=piece,
                size=piece.size,
                place=piece.describe(source.name),
                invalid_bytes=invalid,
            )
            lines += text.count(b"\n")
        return
    for start, stop in _borders(size, chunk_size):
        part = LineRange(number, FileRange(source.name, start, stop, state), size)
        yield Part(name=f"{number}:{start}", contents=part, size=part.size, place=part.describe(source.name))


def _borders(size: int, chunk_size: int) -> Iterator[tuple[int, int]]:
    """Yield where parts of a file begin and end, in bytes."""
    start = 0
    while start < size:
        left = size - start
        length = max(chunk_size, min(GROWN * chunk_size, left // SHARE)) if left > LARGE else chunk_size
        stop = min(size, start + length)
        yield start, stop
        start = stop
