"""The contents of a part, with which a bundle begins: values, the lines of a text, or a range of a file whose lines a worker reads."""

from __future__ import annotations

import os
import pickle
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import count, pairwise
from typing import Any, NamedTuple, Protocol

from attrs import evolve, frozen

from pipeline_optimization.errors import InputError
from pipeline_optimization.pipeline.model.batch import Batch
from pipeline_optimization.pipeline.model.codec import pickled
from pipeline_optimization.pipeline.model.elements import ElementPath
from pipeline_optimization.pipeline.model.paths import LineStarts, SiblingPaths
from pipeline_optimization.sources import UNKNOWN, FileRange
from pipeline_optimization.sources.encoding import count_invalid, looks_like
from pipeline_optimization.sources.lines import LineNumbers, read_line_range, split_lines
from pipeline_optimization.sources.url_scheme import is_url

__all__ = [
    "Contents",
    "LinePiece",
    "LineRange",
    "Members",
    "Read",
    "decode_contents",
    "encode_contents",
    "without_state",
]

SPLIT = 16
"""The number of bundles into which one is split whose worker died."""

READ_BYTES = 1 << 18
"""Bytes of lines that a worker reads at once. If it gives some of them back, another worker reads them again."""

EARLY = 8
"""A part is early if at least this many times its size comes after it."""

STATE_BYTES = 8


class Read(NamedTuple):
    """Some elements of a part, as far as they were read.

    Attributes:
        elements: The elements.
        text: The bytes whose lines the elements are, if they are lines.
        before: The number of bytes of the source before ``text``.
        rest: The place from which on there is more to read, or None at the end.
    """

    elements: Batch
    text: bytes = b""
    before: int = 0
    rest: int | None = None

    def damage(self, stop: int | None) -> tuple[int, str]:
        """Return how many sequences of bytes before a place became U+FFFD, and what a text with such bytes looks like."""
        text = self.text if stop is None else self.text[: stop - self.before]
        invalid = count_invalid(text)
        return invalid, looks_like(text, is_invalid=invalid > 0)


class Contents(Protocol):
    """The content of a part of a source, for a worker. Its elements have ascending places, which are the last numbers of their paths."""

    @property
    def number(self) -> int:
        """Return the number of the source."""
        ...

    @property
    def extent(self) -> int:
        """Return the size of the part in bytes of lines, or in values."""
        ...

    @property
    def size(self) -> int:
        """Return how many bytes of input it is, 0 for values."""
        ...

    @property
    def is_early(self) -> bool:
        """Return whether so much of its source is known to come after it that no worker will wait for it at the end of the run."""
        ...

    def reads(self) -> Iterator[Read]:
        """Yield the elements, block by block. Raises InputError if their source cannot be read."""
        ...

    def after(self, place: int) -> Contents:
        """Return the elements from a place on."""
        ...

    def split(self, pieces: int = SPLIT) -> Sequence[tuple[ElementPath, Contents]]:
        """Return several smaller contents, each with the path of its first element. If there is only one element, return an empty sequence."""
        ...

    def describe(self, name: str) -> str:
        """Return the place of this part for people, in a source called ``name``."""
        ...

    def lines(self, name: str, numbers: LineNumbers) -> Callable[[int], str]:
        """Return a function that names the line, for people, that begins at a byte of the text called ``name``."""
        ...


@frozen(eq=False, repr=False)
class Members:
    """Values of source ``number``, from place ``first`` on. ``what`` is their name for people, such as "values"."""

    number: int
    first: int
    values: Sequence[Any]
    what: str = ""

    @property
    def extent(self) -> int:
        return len(self.values)

    @property
    def size(self) -> int:
        return 0

    @property
    def is_early(self) -> bool:
        return False

    def reads(self) -> Iterator[Read]:
        places = range(self.first, self.first + len(self.values))
        yield Read(Batch(SiblingPaths((self.number,), places), self.values))

    def after(self, place: int) -> Members:
        return evolve(self, first=place, values=self.values[place - self.first :])

    def split(self, pieces: int = SPLIT) -> Sequence[tuple[ElementPath, Contents]]:
        values = self.values
        step = -(-len(values) // pieces) or 1
        groups = [
            ((self.number, self.first + at), evolve(self, first=self.first + at, values=values[at : at + step]))
            for at in range(0, len(values), step)
        ]
        return groups if len(groups) > 1 else ()

    def describe(self, name: str) -> str:
        return f"{self.what} {self.first:,} to {self.first + len(self.values) - 1:,}" if self.what else name

    def lines(self, name: str, numbers: LineNumbers) -> Callable[[int], str]:
        raise TypeError("these elements are no lines")


@frozen(eq=False, repr=False)
class LineRange:
    """The lines that begin in a range of a file of ``total`` bytes, which is source ``number``."""

    number: int
    part: FileRange
    total: int

    @property
    def extent(self) -> int:
        return self.part.size

    @property
    def size(self) -> int:
        return self.part.size

    @property
    def is_early(self) -> bool:
        return self.total - self.part.stop >= EARLY * self.part.size

    def reads(self) -> Iterator[Read]:
        part = self.part
        step = part.size if is_url(part.path) else READ_BYTES  # asking a server again takes longer than reading on
        for start in range(part.start, part.stop, max(1, step)):
            stop = min(part.stop, start + step)
            before, text = read_line_range(part._replace(start=start, stop=stop), self.total)
            yield _read_lines(self.number, before, text, stop if stop < part.stop else None)

    def after(self, place: int) -> LineRange:
        return evolve(self, part=self.part._replace(start=place))

    def split(self, pieces: int = SPLIT) -> Sequence[tuple[ElementPath, Contents]]:
        part = self.part
        borders = [*range(part.start, part.stop, -(-part.size // pieces) or 1), part.stop]
        groups = [
            ((self.number, start), evolve(self, part=part._replace(start=start, stop=stop)))
            for start, stop in pairwise(borders)
        ]
        return groups if len(groups) > 1 else ()

    def describe(self, name: str) -> str:
        return f"{name}, bytes {self.part.start:,} to {self.part.stop:,}"

    def lines(self, name: str, numbers: LineNumbers) -> Callable[[int], str]:
        def line(start: int) -> str:
            try:
                return f"line {numbers.number_of(name, start):,}"
            except InputError:  # the file was removed, for example; the run reports that elsewhere
                return f"byte {start:,}"

        return line


@frozen(eq=False, repr=False)
class LinePiece:
    """The lines of a piece of the text that is source ``number``. ``before`` bytes and ``lines_before`` lines of it come before."""

    number: int
    before: int
    lines_before: int
    text: bytes

    @property
    def extent(self) -> int:
        return len(self.text)

    @property
    def size(self) -> int:
        return len(self.text)

    @property
    def is_early(self) -> bool:
        return False

    def reads(self) -> Iterator[Read]:
        text, at = self.text, 0
        while at < len(text):
            end = text.find(b"\n", at + READ_BYTES) + 1 or len(text)
            rest = self.before + end if end < len(text) else None
            yield _read_lines(self.number, self.before + at, text[at:end], rest)
            at = end

    def after(self, place: int) -> LinePiece:
        at = place - self.before
        lines_before = self.lines_before + self.text.count(b"\n", 0, at)
        return LinePiece(self.number, place, lines_before, self.text[at:])

    def split(self, pieces: int = SPLIT) -> Sequence[tuple[ElementPath, Contents]]:
        starts = self._starts()
        step = -(-len(starts) // pieces) or 1
        borders = [*starts[::step], self.before + len(self.text)]
        groups: list[tuple[ElementPath, Contents]] = [
            (
                (self.number, start),
                LinePiece(
                    self.number, start, self.lines_before + at, self.text[start - self.before : stop - self.before]
                ),
            )
            for at, (start, stop) in zip(count(0, step), pairwise(borders), strict=False)
        ]
        return groups if len(groups) > 1 else ()

    def describe(self, name: str) -> str:
        return f"{name}, from line {self.lines_before + 1:,}"

    def lines(self, name: str, numbers: LineNumbers) -> Callable[[int], str]:
        starts = self._starts()
        return lambda start: f"line {self.lines_before + bisect_right(starts, start):,}"

    def _starts(self) -> list[int]:
        lengths, _ = split_lines(self.text)
        return list(LineStarts.of(self.before, lengths))


def _read_lines(number: int, before: int, text: bytes, rest: int | None) -> Read:
    lengths, lines = split_lines(text)
    return Read(Batch(SiblingPaths((number,), LineStarts.of(before, lengths)), lines), text, before, rest)


def encode_contents(contents: Contents) -> bytes:
    """Return contents as bytes. Raises an exception of any type if a value cannot be pickled."""
    state = UNKNOWN
    if isinstance(contents, LineRange):
        state, contents = contents.part.state, evolve(contents, part=contents.part._replace(state=UNKNOWN))
    return pickled(contents) + state.to_bytes(STATE_BYTES, "big")


def decode_contents(data: bytes, home: str = "") -> Contents:
    """Return the contents that ``encode_contents`` made bytes of. Names of files are relative to ``home``, if it is given."""
    contents: Contents = pickle.loads(data)  # it stops at the end of the pickle, so the state behind it does no harm
    if isinstance(contents, LineRange):
        state = int.from_bytes(data[-STATE_BYTES:], "big")
        part = contents.part
        return evolve(contents, part=part._replace(path=os.path.join(home, part.path), state=state))
    return contents


def without_state(data: bytes) -> bytes:
    """Return encoded contents without the state of their file. A later run has the same bytes if the file's content has not changed."""
    return data[:-STATE_BYTES]
