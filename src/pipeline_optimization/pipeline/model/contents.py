"""What a bundle begins with: values, the lines of a text, or a range of a file whose lines a worker reads."""

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
"""Parts that a part is split into whose worker died."""

READ_BYTES = 1 << 18
"""Bytes of lines that a worker reads at once: what it reads and gives back, another one reads again."""

EARLY = 8
"""How many times as much as an early part has must come after it."""

STATE_BYTES = 8


class Read(NamedTuple):
    """Some elements, with the bytes of ``text`` that they are the lines of, ``before`` bytes after its beginning.

    ``rest`` is the place from which on there is more to read, None at the end.
    """

    elements: Batch
    text: bytes = b""
    before: int = 0
    rest: int | None = None

    def damage(self, stop: int | None) -> tuple[int, str]:
        """Return how many sequences of bytes became U+FFFD before a place, and what a text with such bytes looks like."""
        text = self.text if stop is None else self.text[: stop - self.before]
        invalid = count_invalid(text)
        return invalid, looks_like(text, is_invalid=invalid > 0)


class Contents(Protocol):
    """What is in a part of a source, for a worker. Elements have places, the last numbers of their paths, in ascending order."""

    @property
    def number(self) -> int:
        """Return the number of the source."""
        ...

    @property
    def extent(self) -> int:
        """Return how much it is: bytes of lines, or a number of values."""
        ...

    @property
    def size(self) -> int:
        """Return how many bytes of input it is, 0 for values."""
        ...

    @property
    def is_early(self) -> bool:
        """Return whether so much of its source is known to come after it that nobody need wait for it in the end."""
        ...

    def reads(self) -> Iterator[Read]:
        """Yield the elements, as they are asked for. Raises InputError where their source cannot be read."""
        ...

    def after(self, place: int) -> Contents:
        """Return the elements from a place on."""
        ...

    def split(self, pieces: int = SPLIT) -> Sequence[tuple[ElementPath, Contents]]:
        """Return several contents in place of this, each with who its first element is, or nothing where there is one element."""
        ...

    def describe(self, name: str) -> str:
        """Return for people where it comes from: a source called ``name``."""
        ...

    def lines(self, name: str, numbers: LineNumbers) -> Callable[[int], str]:
        """Return what says for people which line begins at a byte of the text called ``name``."""
        ...


@frozen(eq=False, repr=False)
class Members:
    """Elements themselves, from place ``first`` of source ``number`` on. ``what`` says for people what they are."""

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
        step = part.size if is_url(part.path) else READ_BYTES  # to ask a server takes longer than to read on
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
            except InputError:  # it is gone, say; the run tells that elsewhere
                return f"byte {start:,}"

        return line


@frozen(eq=False, repr=False)
class LinePiece:
    """Lines of a text that is source ``number``; ``before`` bytes of it and ``lines_before`` lines come before."""

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
