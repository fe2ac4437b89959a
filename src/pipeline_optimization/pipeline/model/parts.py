"""What a bundle begins with: values, the lines of a text, or a range of a file whose lines a worker reads."""

from __future__ import annotations

import os
import pickle
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count, islice, pairwise
from typing import Any, Protocol

from attrs import evolve, frozen

from pipeline_optimization.errors import InputError
from pipeline_optimization.pipeline.model.batch import Batch, SiblingPaths
from pipeline_optimization.pipeline.model.codec import pickled
from pipeline_optimization.pipeline.model.elements import ElementPath
from pipeline_optimization.sources import UNKNOWN, FileRange, FileSource, Source, is_plain_file
from pipeline_optimization.sources.encoding import count_invalid, looks_like
from pipeline_optimization.sources.lines import LineNumbers, cut_lines, read_line_range, split_lines

__all__ = [
    "Contents",
    "Members",
    "Part",
    "decode_contents",
    "encode_contents",
    "line_parts",
    "together",
    "without_state",
]

TOGETHER = 1000
"""Values or rows in one part."""

SPLIT = 16
"""Parts that a part is split into whose worker died."""

STATE_BYTES = 8


@frozen
class Read:
    """Elements, with how many sequences of bytes of their text became U+FFFD, and what a text with such bytes looks like."""

    elements: Batch
    invalid_bytes: int = 0
    looks: str = ""


class Contents(Protocol):
    """What is in a part, for a worker."""

    def read(self) -> Read:
        """Return the elements. Raises InputError where their source cannot be read."""
        ...

    def split(self) -> Sequence[tuple[ElementPath, Contents]]:
        """Return several contents in place of this, each with who its first element is, or nothing where there is one element."""
        ...

    def lines(self, name: str, numbers: LineNumbers) -> Callable[[int], str]:
        """Return what says for people which line begins at a byte of the text called ``name``."""
        ...


@frozen(kw_only=True)
class Part:
    """What one bundle begins with; ``name`` tells it from all other parts.

    ``place`` says for people where it comes from, and ``size`` how many bytes of input it has; 0 stands for those of its contents.
    ``invalid_bytes`` and ``looks`` are as in ``Read``, of what was decoded here.
    """

    name: str
    contents: Contents
    place: str
    size: int = 0
    invalid_bytes: int = 0
    looks: str = ""


@frozen
class Members:
    """Elements themselves."""

    members: Sequence[tuple[ElementPath, Any]]

    def read(self) -> Read:
        return Read(Batch.of(self.members))

    def split(self) -> Sequence[tuple[ElementPath, Contents]]:
        members = self.members
        step = -(-len(members) // SPLIT)
        groups = [members[at : at + step] for at in range(0, len(members), step)]
        return [(group[0][0], Members(group)) for group in groups] if len(groups) > 1 else ()

    def lines(self, name: str, numbers: LineNumbers) -> Callable[[int], str]:
        raise TypeError("these elements are no lines")


@frozen
class LineRange:
    """The lines that begin in a range of a file of ``size`` bytes, which is source ``number``."""

    number: int
    part: FileRange
    size: int

    def read(self) -> Read:
        return _read_lines(self.number, *read_line_range(self.part, self.size))

    def split(self) -> Sequence[tuple[ElementPath, Contents]]:
        part = self.part
        borders = [*range(part.start, part.stop, -(-part.size // SPLIT)), part.stop]
        pieces = [
            ((self.number, start), evolve(self, part=part._replace(start=start, stop=stop)))
            for start, stop in pairwise(borders)
        ]
        return pieces if len(pieces) > 1 else ()

    def lines(self, name: str, numbers: LineNumbers) -> Callable[[int], str]:
        def line(start: int) -> str:
            try:
                return f"line {numbers.number_of(name, start):,}"
            except InputError:  # it is gone, say; the run tells that elsewhere
                return f"byte {start:,}"

        return line


@frozen
class LinePiece:
    """Lines of a text that is source ``number``; ``before`` bytes of it and ``lines_before`` lines come before."""

    number: int
    before: int
    lines_before: int
    text: bytes

    def read(self) -> Read:
        return _read_lines(self.number, self.before, self.text)

    def split(self) -> Sequence[tuple[ElementPath, Contents]]:
        starts = self._starts()
        step = -(-len(starts) // SPLIT)
        borders = [*starts[::step], self.before + len(self.text)]
        pieces: list[tuple[ElementPath, Contents]] = [
            (
                (self.number, start),
                LinePiece(
                    self.number, start, self.lines_before + at, self.text[start - self.before : stop - self.before]
                ),
            )
            for at, (start, stop) in zip(count(0, step), pairwise(borders), strict=False)
        ]
        return pieces if len(pieces) > 1 else ()

    def lines(self, name: str, numbers: LineNumbers) -> Callable[[int], str]:
        starts = self._starts()
        return lambda start: f"line {self.lines_before + bisect_right(starts, start):,}"

    def _starts(self) -> list[int]:
        starts, _ = split_lines(self.before, self.text)
        return starts


def _read_lines(number: int, before: int, text: bytes) -> Read:
    invalid = count_invalid(text)
    starts, lines = split_lines(before, text)
    return Read(Batch(SiblingPaths((number,), starts), lines), invalid, looks_like(text, is_invalid=invalid > 0))


def encode_contents(contents: Contents) -> bytes:
    """Return contents as bytes. Raises an exception of any type where a value cannot be pickled."""
    state = UNKNOWN
    if isinstance(contents, LineRange):
        state, contents = contents.part.state, evolve(contents, part=contents.part._replace(state=UNKNOWN))
    return pickled(contents) + state.to_bytes(STATE_BYTES, "big")


def decode_contents(data: bytes, home: str = "") -> Contents:
    """Return what ``encode_contents`` made bytes of. Names of files are relative to ``home``, if it is given."""
    contents: Contents = pickle.loads(data)  # which stops where the pickle does
    if isinstance(contents, LineRange):
        state = int.from_bytes(data[-STATE_BYTES:], "big")
        part = contents.part
        return evolve(contents, part=part._replace(path=os.path.join(home, part.path), state=state))
    return contents


def without_state(data: bytes) -> bytes:
    """Return encoded contents without the state of a file: what a later run finds again, if no content has changed."""
    return data[:-STATE_BYTES]


def together(number: int, values: Iterable[tuple[int, Any]], what: str) -> Iterator[Part]:
    """Yield parts of the values of source ``number``, each given with its place there."""
    iterator = iter(values)
    for part in count():
        members = [((number, place), value) for place, value in islice(iterator, TOGETHER)]
        if not members:
            return
        place = f"{what} {members[0][0][1]:,} to {members[-1][0][1]:,}"
        yield Part(name=f"{number}:{part}", contents=Members(members), place=place)


def line_parts(number: int, source: Source, chunk_size: int, *, encoding: str, inline: bool) -> Iterator[Part]:
    """Yield parts of the lines of source ``number``: ranges of a plain file, unless ``inline``, else pieces of the text."""
    size, state = (
        source.plain_facts()
        if isinstance(source, FileSource) and encoding == "utf-8" and not inline
        else (None, UNKNOWN)
    )
    if size is None or not is_plain_file(source.name, size, state):
        lines = 0
        for before, text, invalid in cut_lines(source, chunk_size, encoding):
            contents = LinePiece(number, before, lines, text)
            yield Part(
                name=f"{number}:{before}",
                contents=contents,
                size=len(text),
                place=f"{source.name}, from line {lines + 1:,}",
                invalid_bytes=invalid,
            )
            lines += text.count(b"\n")
        return
    for start in range(0, size, chunk_size):
        part = FileRange(source.name, start, min(size, start + chunk_size), state)
        yield Part(
            name=f"{number}:{start}",
            contents=LineRange(number, part, size),
            size=part.size,
            place=f"{source.name}, bytes {part.start:,} to {part.stop:,}",
        )
